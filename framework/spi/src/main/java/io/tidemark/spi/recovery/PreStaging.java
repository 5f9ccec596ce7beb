package io.tidemark.spi.recovery;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VpgId;
import io.tidemark.spi.plugin.ConfigSpec;
import io.tidemark.spi.plugin.Deadline;
import java.time.Duration;
import java.util.List;
import java.util.function.DoubleConsumer;

/**
 * Facet: brings the contents of volumes to the target ahead of a recovery, so that a recovery moves only what differs from there.
 *
 * <p>Life of a staged point: {@code stage → (used by create, any number of times) → forget}. Points of one volume do not depend on each
 * other: any of them may be forgotten at any time, and recoveries that began on it are not harmed.
 */
public interface PreStaging {
    /** How often the operator of this target wants each volume to be staged; the host never does it more often. */
    Duration cadence();

    /** Settings that {@link RecoveryOrigin#placement()} may hold. All have defaults. */
    ConfigSpec placementSpec();

    /**
     * Brings a volume at a checkpoint to the target, and returns once it is complete there. Idempotent by volume and checkpoint: repeated
     * after a crash or a passed deadline with the same request it goes on where it was, and a point that is complete is found.
     *
     * @param progress takes values from 0 to 1
     */
    StagedPoint stage(StagingRequest request, DoubleConsumer progress, Deadline deadline) throws ProviderException;

    /** What is complete at the target for a VPG, by volume and then by checkpoint. */
    List<StagedPoint> staged(VpgId vpg, Deadline deadline) throws ProviderException;

    /** Removes staged points. One that is gone already counts as removed. */
    void forget(List<StagedPoint> points, Deadline deadline) throws ProviderException;

    /** Removes everything that was staged for a VPG, complete or not. What recoveries made is not touched. */
    void forgetAll(VpgId vpg, Deadline deadline) throws ProviderException;

    /**
     * As {@link RecoveryTarget#create}, with the difference to what is staged. A base that is gone at the target costs time, not
     * correctness. The sources in {@code spec} are not needed any more once this returned.
     *
     * @param progress takes values from 0 to 1
     */
    VmId create(
            RecoveryVmSpec spec,
            RecoveryOrigin origin,
            OperationId operation,
            DoubleConsumer progress,
            Deadline deadline)
            throws ProviderException;
}
