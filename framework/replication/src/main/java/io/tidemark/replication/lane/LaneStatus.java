package io.tidemark.replication.lane;

import io.tidemark.replication.SyncKind;
import java.util.Optional;

/**
 * How a lane stands.
 *
 * @param sync the sync that runs, or ran last
 * @param syncedBytes of the sync that runs, else 0
 * @param lagBytes captured and not yet durable at the recovery site, dirty blocks included
 */
public record LaneStatus(
        Phase phase,
        Link link,
        Optional<SyncKind> sync,
        String detail,
        long syncedBytes,
        long syncTotalBytes,
        long lagBytes,
        long writes,
        long writtenBytes,
        long shippedBytes) {

    /**
     * Where a lane is.
     *
     * <pre>
     *   IDLE ──prepare──▶ PREPARED ──begin──▶ SYNCING ──clean──▶ STREAMING ──VM stopped──▶ RESTING
     *    ▲                   │                │    ▲  overflow      │                        │
     *    └── capture lost, journal elsewhere, VM runs again ────────┴────────────────────────┘
     * </pre>
     */
    public enum Phase {
        /** No captured writes are taken. */
        IDLE,
        /** The recovery site's contents are known and nothing is under way; may begin. */
        PREPARED,
        /** Captured writes flow, and blocks are still missing: no checkpoint (J6). */
        SYNCING,
        /** Every write flows as it happens. */
        STREAMING,
        /** The VM is off and every write that it ever made was taken: checkpoints go on. */
        RESTING
    }

    /** The channel to the recovery site. */
    public enum Link {
        DOWN,
        UP
    }
}
