package io.tidemark.control.dataplane;

import io.tidemark.spi.block.BlockAddress;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import java.time.Duration;
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

    /**
     * Checkpoints that every member's journal has, but that a {@link #scrub} found damaged in some: they cannot be chosen. Oldest first;
     * seldom any.
     */
    List<DamagedCheckpoint> damagedCheckpoints(VpgId vpg) throws ProviderException;

    Optional<JournalCheckpoint> newestCheckpoint(VpgId vpg) throws ProviderException;

    /** Keeps a checkpoint from ageing, or lets it age again. */
    void setPinned(VpgId vpg, CheckpointId checkpoint, Pinning pinning) throws ProviderException;

    /** Says what the journals of a VPG may take from now on, and acts on it at once where they are not to take more (SLOW, STOP). */
    void limit(VpgId vpg, JournalPolicy policy) throws ProviderException;

    /**
     * Gives up the history that a policy does not want, or, where history is what gives way, that there is no room for; long; one at a time
     * per VPG.
     *
     * @param end what the history counts back from
     */
    void age(VpgId vpg, JournalPolicy policy, Instant end) throws ProviderException;

    /**
     * Reads all of one member's journal, and takes the checkpoints that need what is damaged out of those that can be chosen, or all back in
     * where nothing is. Long; beside all others.
     *
     * @throws ProviderException {@code RETRY_LATER} while another scrub of it runs
     */
    JournalScrub scrub(VpgId vpg, VmId member) throws ProviderException;

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

    /**
     * Opens one volume at a checkpoint, read-only; for several threads, closed by the caller. It never blocks what arrives, and ageing never
     * moves what it needs.
     */
    BlockDevice openView(VpgId vpg, CheckpointId checkpoint, VolumeId volume) throws ProviderException;

    /**
     * Where a volume may differ between two checkpoints, in either order; told from indexes alone. Bytes outside are equal in both.
     *
     * @return empty where it is not known, because the journal has one of the two no longer, or never had it
     */
    Optional<List<BlockExtent>> changedBetween(VpgId vpg, VolumeId volume, CheckpointId one, CheckpointId other)
            throws ProviderException;

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
     * A recovery point that cannot be chosen.
     *
     * @param members whose journals are damaged in what it needs
     */
    record DamagedCheckpoint(JournalCheckpoint checkpoint, List<VmId> members) {
        public DamagedCheckpoint {
            members = List.copyOf(members);
        }
    }

    /**
     * What a scrub of one journal found.
     *
     * @param damages empty when all is well; what is named there has not been lost where {@link Damage#harmless}
     * @param unselectableCheckpoints of this journal, now that the scrub has ended
     */
    record JournalScrub(long bytesRead, List<Damage> damages, int unselectableCheckpoints) {
        public JournalScrub {
            damages = List.copyOf(damages);
        }
    }

    /**
     * A place where what is stored is not what was written.
     *
     * @param file on the recovery site's disk
     * @param offset in it, in bytes
     * @param harmless whether nothing is lost, because what is damaged says again what others say
     */
    record Damage(String file, long offset, String what, boolean harmless) {}

    /**
     * Space and history of a VPG's journals.
     *
     * @param journalBytes on disk, without base images
     * @param baseImageBytes allocated on disk
     * @param checkpoints selectable ones
     * @param room how that compares with what is wanted; empty when a peer tells it that does not know it yet
     */
    record JournalUsage(
            long journalBytes,
            long baseImageBytes,
            long checkpoints,
            Map<VmId, Long> durablePositions,
            Optional<JournalRoom> room) {}

    /**
     * What the journals take, what they may take, and how that goes on. Some seconds old at most.
     *
     * @param usedBytes of all journals on disk, with base images
     * @param limitBytes what they may take; empty for no limit
     * @param historyKept from the oldest to the newest selectable checkpoint
     * @param bytesPerHour how fast writes came over the history that there is; empty while that is too short to tell
     * @param historyFitting how much history the limit has room for at that rate
     * @param fullAfter when the limit will be reached at that rate; zero when it is
     * @param damagedCheckpoints that cannot be chosen
     */
    record JournalRoom(
            long usedBytes,
            Optional<Long> limitBytes,
            Duration historyKept,
            Optional<Long> bytesPerHour,
            Optional<Duration> historyFitting,
            Optional<Duration> fullAfter,
            Intake intake,
            long damagedCheckpoints) {}

    /** Whether the journals of a VPG take what its protected site sends. */
    enum Intake {
        OPEN,
        /** At a lower rate, because the limit is near. */
        SLOWED,
        /** Nothing, because the limit is reached. */
        STOPPED
    }
}
