package io.tidemark.control.checkpoint;

import io.tidemark.control.dataplane.JournalStore;
import io.tidemark.control.dataplane.JournalStore.Pinning;
import io.tidemark.control.vpg.VpgTable;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VpgId;

/**
 * Keeps checkpoints from ageing for those who want that: people who pinned them, open recoveries, and staging. A checkpoint ages again when
 * the last of them lets go. Each of the three persists its wish before it asks here, and takes it back after. Safe for several threads.
 */
public final class CheckpointHolds {
    private final JournalStore journals;
    private final Wish people;
    private final Wish recoveries;
    private final Wish staging;

    public CheckpointHolds(JournalStore journals, VpgTable people, Wish recoveries, Wish staging) {
        this.journals = journals;
        this.people = people::pinned;
        this.recoveries = recoveries;
        this.staging = staging;
    }

    /** Whether one of the three wants a checkpoint kept, as persisted. */
    @FunctionalInterface
    public interface Wish {
        boolean wants(VpgId vpg, CheckpointId checkpoint);
    }

    /** Keeps it. Idempotent. */
    public synchronized void keep(VpgId vpg, CheckpointId checkpoint) throws ProviderException {
        journals.setPinned(vpg, checkpoint, Pinning.PINNED);
    }

    /** People let go. @return whether it is kept for others */
    public synchronized boolean unpin(VpgId vpg, CheckpointId checkpoint) throws ProviderException {
        return letGo(vpg, checkpoint, recoveries.wants(vpg, checkpoint) || staging.wants(vpg, checkpoint));
    }

    /**
     * A recovery lets go.
     *
     * @param otherRecovery whether another open recovery wants it
     * @return whether it is kept for others
     */
    public synchronized boolean endRecovery(VpgId vpg, CheckpointId checkpoint, Wish otherRecovery)
            throws ProviderException {
        boolean wanted =
                otherRecovery.wants(vpg, checkpoint) || people.wants(vpg, checkpoint) || staging.wants(vpg, checkpoint);
        return letGo(vpg, checkpoint, wanted);
    }

    /** Staging lets go. @return whether it is kept for others */
    public synchronized boolean endStaging(VpgId vpg, CheckpointId checkpoint) throws ProviderException {
        return letGo(vpg, checkpoint, people.wants(vpg, checkpoint) || recoveries.wants(vpg, checkpoint));
    }

    private boolean letGo(VpgId vpg, CheckpointId checkpoint, boolean wanted) throws ProviderException {
        journals.setPinned(vpg, checkpoint, wanted ? Pinning.PINNED : Pinning.UNPINNED);
        return wanted;
    }
}
