package io.tidemark.control.vpg;

import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VpgId;

/**
 * Gives out the checkpoint ids of a VPG, growing across restarts: ids are reserved in the catalog in blocks, and a restart goes on after
 * the last reserved one. That costs one durable write per thousand checkpoints and does not depend on the clock.
 *
 * <p>Owned by the VPG's mailbox.
 */
final class CheckpointSequence {
    private static final long BLOCK = 1_000;

    private final VpgTable table;
    private final VpgId vpg;
    private long next;
    private long reserved;

    CheckpointSequence(VpgTable table, VpgId vpg) {
        this.table = table;
        this.vpg = vpg;
        this.reserved = table.checkpointIdsReserved(vpg);
        this.next = reserved;
    }

    CheckpointId next() {
        if (next == reserved) {
            table.reserveCheckpointIds(vpg, reserved + BLOCK);
            reserved += BLOCK;
        }
        return new CheckpointId(next++);
    }
}
