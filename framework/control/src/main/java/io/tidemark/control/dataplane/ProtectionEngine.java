package io.tidemark.control.dataplane;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VpgId;
import io.tidemark.spi.plugin.Deadline;
import java.time.Instant;
import java.util.Optional;

/** The protected side: captures the VMs of a VPG and ships their writes to its recovery site. */
public interface ProtectionEngine {
    /**
     * Starts protection and keeps it going: attaches capture (once per VM, however many VPGs), connects lanes, syncs, heals. Returns at
     * once; what happens is told to the listener. The journals at the recovery site must have been prepared.
     */
    void start(ProtectedVpg vpg, ProtectionListener listener);

    /** Ends protection of a VPG: lanes close, capture of VMs in no other VPG is detached. Idempotent. */
    void stop(VpgId vpg);

    /** How the VPG stands now; empty when it was not started. */
    Optional<ProtectionStatus> status(VpgId vpg);

    /**
     * Cuts a consistent barrier through all volumes of the VPG and sends the checkpoint after it. Returns once the barrier is in every
     * lane; whether it becomes selectable is known when {@link ProtectionListener#onCheckpointDurable} comes.
     *
     * @param id larger than every id used before for the VPG
     * @return empty when no checkpoint may be made now, because a member is not in continuity (J6)
     */
    Optional<Cut> cut(VpgId vpg, CheckpointId id, CheckpointKind kind, String tag);

    /**
     * Waits until everything captured before the call is durable at the recovery site.
     *
     * @throws ProviderException {@code RETRY_LATER} when that did not happen within the time limit
     */
    void drain(VpgId vpg, Deadline deadline) throws ProviderException;

    /**
     * A barrier that was cut.
     *
     * @param time wall-clock time of the barrier
     * @param holdNanos how long acknowledgements of guest writes were withheld for it
     */
    record Cut(CheckpointId id, Instant time, long holdNanos) {}
}
