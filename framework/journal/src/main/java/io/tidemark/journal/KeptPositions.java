package io.tidemark.journal;

import java.time.Instant;
import java.util.Arrays;

/**
 * The positions that must stay readable: those of all checkpoints, and those that open views show. No other position before {@link #newest} can
 * be chosen ever again, since checkpoints are only added at or beyond the newest one. Immutable.
 */
final class KeptPositions {
    private static final long HASH_START = 0xCBF29CE484222325L;
    private static final long HASH_FACTOR = 0x100000001B3L;

    private final CheckpointTable table;
    private final long[] held;

    /** @param held sorted */
    KeptPositions(CheckpointTable table, long[] held) {
        this.table = table;
        this.held = held;
    }

    /** From here on everything stays; 0 if there is no checkpoint. */
    long newest() {
        return table.size() == 0 ? 0 : table.position(table.size() - 1);
    }

    /** The first kept position at or beyond one, which is at most {@link #newest}. */
    long firstFrom(long position) {
        long checkpoint = table.position(table.firstBeyond(position - 1));
        int at = firstHeldFrom(position);
        return at < held.length ? Math.min(checkpoint, held[at]) : checkpoint;
    }

    private int firstHeldFrom(long position) {
        int at = Arrays.binarySearch(held, position);
        if (at < 0) {
            return -at - 1;
        }
        while (at > 0 && held[at - 1] == position) {
            at--;
        }
        return at;
    }

    /** The kept positions between two, which are excluded; sorted, each once. */
    long[] between(long position, long end) {
        int firstCheckpoint = table.firstBeyond(position);
        int checkpoints = Math.max(0, table.firstBeyond(end - 1) - firstCheckpoint);
        int firstHeld = firstHeldFrom(position + 1);
        int heldCount = Math.max(0, firstHeldFrom(end) - firstHeld);
        long[] both = new long[checkpoints + heldCount];
        for (int i = 0; i < checkpoints; i++) {
            both[i] = table.position(firstCheckpoint + i);
        }
        System.arraycopy(held, firstHeld, both, checkpoints, heldCount);
        return Arrays.stream(both).sorted().distinct().toArray();
    }

    /** Stands for all kept positions that decide which records between two positions are needed. */
    long fingerprint(long position, long end) {
        long hash = HASH_START;
        for (long kept : between(position, end)) {
            hash = (hash ^ kept) * HASH_FACTOR;
        }
        return (hash ^ firstFrom(end)) * HASH_FACTOR;
    }

    /**
     * Whether no time that passes changes which checkpoints decide about the records between two positions: all of them belong to the same tier.
     */
    boolean isSettled(long position, long end, Thinning thinning, Instant now) {
        int first = table.firstBeyond(position);
        int last = table.firstBeyond(end - 1);
        int tier = thinning.tierOf(table.time(first), now);
        return tier >= 0 && tier == thinning.tierOf(table.time(Math.max(first, last)), now);
    }
}
