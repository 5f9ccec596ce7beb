package io.tidemark.journal;

import io.tidemark.journal.batch.BatchFormat;
import io.tidemark.journal.batch.BatchFrame;
import io.tidemark.journal.batch.BatchTables;
import java.util.BitSet;

/** The frames of one stored batch, and which of them something still needs. Used by one thread. */
final class BatchFrames {
    private final long offset;
    private final BatchTables tables;
    private final BitSet needed = new BitSet();

    /** @param offset of the batch in its file */
    BatchFrames(long offset, BatchTables tables) {
        this.offset = offset;
        this.tables = tables;
    }

    /** Some bytes of the payload are needed. */
    void need(int rawStart, long lengthBytes) {
        long end = rawStart + lengthBytes;
        for (int i = tables.frameIndexOf(rawStart);
                i < count() && tables.frame(i).rawStart() < end;
                i++) {
            needed.set(i);
        }
    }

    private int count() {
        return tables.header().frameCount();
    }

    /** The frames whose room can be given back, at least in part, if these others are gone already. */
    BitSet removable(BitSet absent) {
        BitSet unneeded = new BitSet();
        unneeded.set(0, count());
        unneeded.andNot(needed);
        unneeded.or(absent);
        BitSet removable = new BitSet();
        for (int first = unneeded.nextSetBit(0); first >= 0; ) {
            int end = unneeded.nextClearBit(first);
            if (holeEnd(end) > holeStart(first)) {
                removable.set(first, end);
            }
            first = unneeded.nextSetBit(end);
        }
        return removable;
    }

    /** Where in the file the first whole page starts that holds nothing but frames from one on. */
    long holeStart(int firstFrame) {
        return offset + BatchFormat.align(tables.frame(firstFrame).storedOffset());
    }

    /** Where the last such page ends, if the frame before this one is gone. What follows the last frame is padding. */
    long holeEnd(int endFrame) {
        if (endFrame == count()) {
            return offset + tables.header().lengthBytes();
        }
        BatchFrame last = tables.frame(endFrame - 1);
        int end = last.storedOffset() + last.storedBytes();
        return offset + end - end % BatchFormat.ALIGNMENT_BYTES;
    }
}
