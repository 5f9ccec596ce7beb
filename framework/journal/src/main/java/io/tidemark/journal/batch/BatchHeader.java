package io.tidemark.journal.batch;

/**
 * The head of a batch.
 *
 * @param lengthBytes length of the whole batch, a multiple of 4 KiB
 * @param firstPosition position of the first record
 * @param epoch ownership term of the VPG in which the batch was built
 * @param recordCount &gt; 0
 * @param frameCount ≥ 0
 * @param rawBytes payload before compression
 */
public record BatchHeader(
        int lengthBytes, long firstPosition, long epoch, int recordCount, int frameCount, int rawBytes) {
    /** Position after the last record. */
    public long endPosition() {
        return firstPosition + recordCount;
    }

    /** Length of the header and both tables, from the start of the batch. */
    public int tablesEndBytes() {
        return BatchFormat.HEADER_BYTES + recordCount * BatchFormat.RECORD_BYTES + frameCount * BatchFormat.FRAME_BYTES;
    }
}
