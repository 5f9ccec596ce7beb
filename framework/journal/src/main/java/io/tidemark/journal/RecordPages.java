package io.tidemark.journal;

import io.tidemark.journal.batch.BatchRecord;
import io.tidemark.journal.batch.RecordType;
import io.tidemark.journal.file.StoreFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * The record log of a sealed segment as it lies in the file behind the batches: pages like those of an index, with 127 records each. With it
 * the state at any position inside the segment is known after one read.
 */
final class RecordPages {
    static final int ENTRY_BYTES = 32;
    static final int ENTRIES = IndexPages.CONTENT_BYTES / ENTRY_BYTES;

    private RecordPages() {}

    static int pages(long records) {
        return Math.toIntExact(Math.ceilDiv(records, ENTRIES));
    }

    /** Writes all records into a buffer, from its start. */
    static void encode(RecordLog.Snapshot records, ByteBuffer out) {
        int pages = pages(records.size());
        for (int page = 0; page < pages; page++) {
            int first = page * ENTRIES;
            int count = Math.min(ENTRIES, records.size() - first);
            int at = page * IndexPages.PAGE_BYTES;
            for (int i = 0; i < count; i++) {
                int entry = at + i * ENTRY_BYTES;
                out.putLong(entry, records.start(first + i));
                out.putLong(entry + 8, records.lengthBytes(first + i));
                out.putLong(entry + 16, records.place(first + i));
                out.putShort(entry + 24, (short) records.volume(first + i));
                out.put(entry + 26, (byte) records.typeCode(first + i));
            }
            out.putInt(at + IndexPages.COUNT_AT, count);
            out.putInt(at + IndexPages.NUMBER_AT, page);
            out.putInt(at + IndexPages.SEGMENT_AT, (int) records.segment());
            Checksum.seal(out.slice(at, IndexPages.PAGE_BYTES).order(ByteOrder.LITTLE_ENDIAN));
        }
    }

    /** Reads the first so many records; empty if the pages that hold them are not intact. */
    static Optional<RecordLog> read(StoreFile file, long offset, long segment, long basePosition, int count)
            throws IOException {
        int pages = pages(count);
        ByteBuffer bytes = ByteBuffer.allocate(pages * IndexPages.PAGE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        file.read(offset, bytes);
        RecordLog log = new RecordLog(segment, basePosition);
        for (int page = 0; page < pages; page++) {
            int at = page * IndexPages.PAGE_BYTES;
            int wanted = Math.min(ENTRIES, count - page * ENTRIES);
            ByteBuffer one = bytes.slice(at, IndexPages.PAGE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
            if (!Checksum.matches(one)
                    || one.getInt(IndexPages.NUMBER_AT) != page
                    || one.getInt(IndexPages.SEGMENT_AT) != (int) segment
                    || one.getInt(IndexPages.COUNT_AT) < wanted) {
                return Optional.empty();
            }
            for (int i = 0; i < wanted; i++) {
                add(one, i * ENTRY_BYTES, log);
            }
        }
        return Optional.of(log);
    }

    private static void add(ByteBuffer page, int entry, RecordLog log) {
        long place = page.getLong(entry + 16);
        int volume = page.getShort(entry + 24) & BatchRecord.WHOLE_VM;
        int type = page.get(entry + 26);
        long batchOffset = (place >>> 32) * StoreFile.DIRECT_ALIGNMENT_BYTES;
        int rawStart = type == RecordType.WRITE_CODE ? (int) place : 0;
        log.add(type, volume, page.getLong(entry), page.getLong(entry + 8), batchOffset, rawStart);
    }
}
