package io.tidemark.journal.batch;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** The numbers of the batch format, version 1; {@code docs/format/journal.md} draws them. */
public final class BatchFormat {
    /** Batches start and end at multiples of this. */
    public static final int ALIGNMENT_BYTES = 4096;
    /** Header, including the stamp. */
    public static final int HEADER_BYTES = 128;
    /** Where the store may put a stamp of its own: zero on the wire, and covered by none of the batch's checksums. */
    public static final int STAMP_OFFSET = 64;
    /** Room for the stamp. */
    public static final int STAMP_BYTES = 64;
    /** No batch is longer. */
    public static final int MAX_BATCH_BYTES = 16 * 1024 * 1024;
    /** No batch has more records. */
    public static final int MAX_RECORDS = 8192;
    /** Payload of a batch unless configured otherwise. */
    public static final int DEFAULT_PAYLOAD_BYTES = 256 * 1024;
    /** Raw length of the frames that are built here. */
    public static final int FRAME_RAW_BYTES = 32 * 1024;
    /** Raw length that a frame may have. */
    public static final int MAX_FRAME_RAW_BYTES = 64 * 1024;

    static final int MAGIC = 0x31424D54; // "TMB1"
    static final short VERSION = 1;
    static final int RECORD_BYTES = 32;
    static final int FRAME_BYTES = 24;

    static final int LENGTH_AT = 8;
    static final int RECORD_COUNT_AT = 12;
    static final int FRAME_COUNT_AT = 16;
    static final int RAW_BYTES_AT = 20;
    static final int FIRST_POSITION_AT = 24;
    static final int EPOCH_AT = 32;
    static final int TABLES_CRC_AT = 40;
    static final int HEADER_CRC_AT = 60;

    private BatchFormat() {}

    /** The next multiple of {@link #ALIGNMENT_BYTES}. */
    public static int align(int lengthBytes) {
        return Math.ceilDiv(lengthBytes, ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
    }

    /** CRC32C of a range of a buffer, by absolute offsets; the buffer's position stays. */
    public static int crc(ByteBuffer buffer, int from, int lengthBytes) {
        CRC32C crc = new CRC32C();
        crc.update(buffer.slice(from, lengthBytes));
        return (int) crc.getValue();
    }
}
