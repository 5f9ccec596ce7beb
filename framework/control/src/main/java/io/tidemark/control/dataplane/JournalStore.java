package io.tidemark.control.dataplane;

import io.tidemark.spi.block.BlockAddress;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The recovery side: keeps the journals of VPGs that other sites protect here, and serves their contents at a checkpoint. */
public interface JournalStore {
    /** Creates the journals of a VPG, or opens those that exist for it. Accepts writes from {@code source} only, of {@code vpg.epoch()} or newer. */
    void prepare(ProtectedVpg vpg, SiteId source) throws ProviderException;

    /** Selectable checkpoints (J5: durable in every member's journal), oldest first; instant for hundreds of thousands. */
    List<JournalCheckpoint> checkpoints(VpgId vpg) throws ProviderException;

    Optional<JournalCheckpoint> newestCheckpoint(VpgId vpg) throws ProviderException;

    /** Keeps a checkpoint from ageing, or lets it age again. */
    void setPinned(VpgId vpg, CheckpointId checkpoint, Pinning pinning) throws ProviderException;

    /** Folds what lies before the oldest checkpoint at or after {@code since} into the base images; long; one at a time per VPG. */
    void age(VpgId vpg, Instant since) throws ProviderException;

    /** Refuses writes of epochs below {@code epoch} from now on (J7). Durable on return; never lowers. */
    void fence(VpgId vpg, long epoch) throws ProviderException;

    /**
     * Serves every volume of the VPG at a checkpoint over NBD until {@link #release}. Idempotent by operation: after a restart the same
     * call serves the same contents at the same addresses, with what was written to the scratch before.
     */
    Map<VolumeId, BlockAddress.UnixSocket> serve(
            VpgId vpg, CheckpointId checkpoint, OperationId operation, Access access) throws ProviderException;

    /** Ends serving and deletes the scratch. Idempotent. */
    void release(OperationId operation) throws ProviderException;

    Optional<JournalUsage> usage(VpgId vpg) throws ProviderException;

    /** Destroys the journals of a VPG with all their checkpoints. */
    void delete(VpgId vpg) throws ProviderException;

    /** How a served volume may be used. */
    enum Access {
        READ_ONLY,
        /** Writable; writes go to a scratch that is dropped at release. */
        SCRATCH
    }

    /** Whether a checkpoint is kept when its time has come. */
    enum Pinning {
        PINNED,
        UNPINNED
    }

    /** A recovery point that can be chosen. */
    record JournalCheckpoint(CheckpointId id, Instant time, CheckpointKind kind, String tag, Pinning pinning) {}

    /**
     * Space and history of a VPG's journals.
     *
     * @param journalBytes on disk, without base images
     * @param baseImageBytes allocated on disk
     */
    record JournalUsage(long journalBytes, long baseImageBytes, long checkpoints, Map<VmId, Long> durablePositions) {}
}
