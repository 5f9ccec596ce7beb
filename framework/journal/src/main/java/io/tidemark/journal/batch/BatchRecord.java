package io.tidemark.journal.batch;

/**
 * One record of a batch, without its payload.
 *
 * @param position the record's place in the journal's order
 * @param volumeIndex index in the journal's list of volumes; {@link #WHOLE_VM} for markers
 * @param offset bytes from the start of the volume; 0 for markers
 * @param lengthBytes bytes that change; 0 for markers
 */
public record BatchRecord(long position, RecordType type, int volumeIndex, long offset, long lengthBytes) {
    /** The volume index of markers. */
    public static final int WHOLE_VM = 0xFFFF;

    /** First byte after the range. */
    public long endOffset() {
        return offset + lengthBytes;
    }
}
