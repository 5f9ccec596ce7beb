package io.tidemark.journal;

import io.tidemark.journal.file.StoreFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.BitSet;
import java.util.Optional;

/**
 * What a sealed segment ends with: behind its batches its record log and its extent index, and in the last 4 KiB of the file a trailer that says
 * where they are.
 *
 * @param batchesEnd offset in the file where the last batch ends and the record log starts
 * @param recordPages length of the record log
 * @param indexPages length of the index, which follows it
 * @param endPosition position after the last record
 * @param markerCount how many markers lie in the segment
 */
record SegmentFooter(long batchesEnd, int recordPages, int indexPages, long endPosition, int markerCount) {
    static final int TRAILER_BYTES = 4096;
    private static final int MAGIC = 0x54534D54; // "TMST"
    static final int VERSION = 2;

    /** No footer of a segment with so many records is longer, without its trailer. */
    static long maxBytes(int volumes, int touchedVolumes, int records) {
        // A record splits one extent at most, and adds itself.
        int index = IndexPages.maxPages(volumes, touchedVolumes, 2L * records);
        return (long) (RecordPages.pages(records) + index) * IndexPages.PAGE_BYTES;
    }

    /** What goes behind the batches of a segment, from 0 to the limit, and its trailer. */
    record Encoded(ByteBuffer body, ByteBuffer trailer) {}

    /** @param records all of the segment's */
    static Encoded encode(SegmentHeader header, long batchesEnd, RecordLog.Snapshot records, JournalSpec spec)
            throws IOException {
        BitSet touched = new BitSet();
        int markers = 0;
        for (int i = 0; i < records.size(); i++) {
            if (records.volume(i) < spec.volumes().size()) {
                touched.set(records.volume(i));
            } else {
                markers++;
            }
        }
        long room = maxBytes(spec.volumes().size(), touched.cardinality(), records.size());
        ByteBuffer body = aligned(Math.toIntExact(room));
        RecordPages.encode(records, body);
        int indexAt = RecordPages.pages(records.size()) * IndexPages.PAGE_BYTES;
        long end = header.basePosition() + records.size();
        IndexWriter index = new IndexWriter(
                (page, bytes) -> body.put((int) (indexAt + page * IndexPages.PAGE_BYTES), bytes, 0, bytes.limit()),
                identity(header, end),
                spec.volumes().size());
        for (int volume = touched.nextSetBit(0); volume >= 0; volume = touched.nextSetBit(volume + 1)) {
            ExtentTable table = ExtentTable.of(records, volume);
            index.add(volume, table.from(0), spec.volumes().get(volume).sizeBytes(), false);
        }
        int indexPages = index.finish();
        SegmentFooter footer = new SegmentFooter(batchesEnd, indexAt / IndexPages.PAGE_BYTES, indexPages, end, markers);
        body.limit(indexAt + indexPages * IndexPages.PAGE_BYTES);
        return new Encoded(body, footer.trailer(header));
    }

    private static ByteBuffer aligned(int bytes) {
        return ByteBuffer.allocateDirect(bytes + StoreFile.DIRECT_ALIGNMENT_BYTES)
                .alignedSlice(StoreFile.DIRECT_ALIGNMENT_BYTES)
                .limit(bytes)
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    static IndexPages.Identity identity(SegmentHeader header, long endPosition) {
        return new IndexPages.Identity(
                header.incarnation(), header.number(), header.number(), header.basePosition(), endPosition);
    }

    private ByteBuffer trailer(SegmentHeader header) {
        ByteBuffer trailer = aligned(TRAILER_BYTES);
        trailer.putInt(MAGIC).putInt(VERSION);
        trailer.putLong(header.incarnation().getMostSignificantBits());
        trailer.putLong(header.incarnation().getLeastSignificantBits());
        trailer.putLong(header.number()).putLong(header.generation()).putLong(header.basePosition());
        trailer.putLong(batchesEnd).putLong(endPosition);
        trailer.putInt(recordPages).putInt(indexPages).putInt(markerCount);
        Checksum.seal(trailer.rewind());
        return trailer;
    }

    /** Reads the trailer; empty if the segment has none of this version, or none that is intact. */
    static Optional<SegmentFooter> read(StoreFile file, SegmentHeader header, long endPosition) throws IOException {
        long lengthBytes = file.lengthBytes();
        if (header.version() < VERSION || lengthBytes < SegmentHeader.BYTES + TRAILER_BYTES) {
            return Optional.empty();
        }
        ByteBuffer bytes = ByteBuffer.allocate(TRAILER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        file.read(lengthBytes - TRAILER_BYTES, bytes);
        bytes.flip();
        SegmentFooter footer = new SegmentFooter(
                bytes.getLong(48), bytes.getInt(64), bytes.getInt(68), bytes.getLong(56), bytes.getInt(72));
        boolean valid = Checksum.matches(bytes)
                && bytes.getInt(0) == MAGIC
                && bytes.getShort(4) == VERSION
                && bytes.getLong(8) == header.incarnation().getMostSignificantBits()
                && bytes.getLong(16) == header.incarnation().getLeastSignificantBits()
                && bytes.getLong(24) == header.number()
                && bytes.getLong(32) == header.generation()
                && bytes.getLong(40) == header.basePosition()
                && footer.endPosition == endPosition
                && footer.indexOffset() + (long) footer.indexPages * IndexPages.PAGE_BYTES
                        <= lengthBytes - TRAILER_BYTES;
        return valid ? Optional.of(footer) : Optional.empty();
    }

    long indexOffset() {
        return batchesEnd + (long) recordPages * IndexPages.PAGE_BYTES;
    }
}
