package io.tidemark.journal.batch;

/** The frames of a verified batch, which is all that it takes to read its payload; a small part of {@link BatchTables}. Immutable. */
public final class FrameTable {
    private static final int WEIGHT_PER_FRAME = 56;

    private final BatchFrame[] frames;
    private final int rawBytes;

    FrameTable(BatchFrame[] frames, int rawBytes) {
        this.frames = frames;
        this.rawBytes = rawBytes;
    }

    /** Payload of the batch before compression. */
    public int rawBytes() {
        return rawBytes;
    }

    public int count() {
        return frames.length;
    }

    /** @param index from 0 to {@code count - 1} */
    public BatchFrame frame(int index) {
        return frames[index];
    }

    /** The frame that holds a byte of the payload. O(log frames). */
    public int indexOf(int rawOffset) {
        int low = 0;
        int high = frames.length - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (frames[middle].rawEnd() <= rawOffset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** About what it takes in memory, in bytes. */
    public int weightBytes() {
        return 64 + WEIGHT_PER_FRAME * frames.length;
    }
}
