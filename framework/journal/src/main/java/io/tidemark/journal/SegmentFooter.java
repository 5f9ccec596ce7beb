package io.tidemark.journal;

import io.tidemark.journal.batch.BatchFormat;
import io.tidemark.journal.batch.RecordType;
import io.tidemark.journal.file.StoreFile;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a sealed segment ends with: its extent index and its markers, and a 4 KiB trailer that says where they are.
 *
 * @param batchesEnd offset in the file where the last batch ends and the index starts
 * @param endPosition position after the last record
 * @param endEpoch the journal's epoch at that position
 * @param indexBytes length of the index, a multiple of 4 KiB
 * @param markerCount how many markers lie in the segment
 */
record SegmentFooter(
        SegmentHeader header, long batchesEnd, long endPosition, long endEpoch, int indexBytes, int markerCount) {
    static final int TRAILER_BYTES = 4096;
    private static final int MARKER_BYTES = 16;
    private static final int TRAILER_MAGIC = 0x54534D54; // "TMST"
    private static final int INDEX_MAGIC = 0x58534D54; // "TMSX"
    private static final int VERSION = 1;

    /** Index and trailer of a segment, ready to be written behind its batches. */
    static ByteBuffer encode(SegmentHeader header, long batchesEnd, SegmentIndex index) {
        int contents = 16 + index.markers().size() * MARKER_BYTES + Checksum.BYTES;
        for (ExtentTable table : index.tables()) {
            contents += 8 + table.size() * ExtentTable.ENTRY_BYTES;
        }
        int indexBytes = BatchFormat.align(contents);
        ByteBuffer bytes = ByteBuffer.allocate(indexBytes + TRAILER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(INDEX_MAGIC).putInt(VERSION);
        bytes.putInt(index.markers().size()).putInt(index.tables().size());
        for (SegmentIndex.Marker marker : index.markers()) {
            bytes.putLong(marker.position()).putLong(marker.type() == RecordType.SYNC_BEGIN ? 0 : 1);
        }
        for (ExtentTable table : index.tables()) {
            bytes.putInt(table.size()).putInt(0);
            table.encode(bytes);
        }
        Checksum.seal(bytes.slice(0, indexBytes).order(ByteOrder.LITTLE_ENDIAN));
        ByteBuffer trailer = bytes.slice(indexBytes, TRAILER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        trailer.putInt(TRAILER_MAGIC).putInt(VERSION);
        trailer.putLong(header.incarnation().getMostSignificantBits());
        trailer.putLong(header.incarnation().getLeastSignificantBits());
        trailer.putLong(header.number()).putLong(header.generation()).putLong(header.basePosition());
        trailer.putLong(batchesEnd).putLong(index.endPosition()).putLong(index.endEpoch());
        trailer.putInt(indexBytes).putInt(index.markers().size());
        Checksum.seal(trailer.rewind());
        return bytes.rewind();
    }

    /** Reads the trailer; empty if the segment has none, or none that is intact. */
    static Optional<SegmentFooter> read(StoreFile file, SegmentHeader header) throws IOException {
        long lengthBytes = file.lengthBytes();
        if (lengthBytes < SegmentHeader.BYTES + TRAILER_BYTES) {
            return Optional.empty();
        }
        ByteBuffer bytes = ByteBuffer.allocate(TRAILER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        file.read(lengthBytes - TRAILER_BYTES, bytes);
        bytes.flip();
        boolean valid = Checksum.matches(bytes)
                && bytes.getInt(0) == TRAILER_MAGIC
                && bytes.getShort(4) == VERSION
                && bytes.getLong(8) == header.incarnation().getMostSignificantBits()
                && bytes.getLong(16) == header.incarnation().getLeastSignificantBits()
                && bytes.getLong(24) == header.number()
                && bytes.getLong(32) == header.generation()
                && bytes.getLong(40) == header.basePosition();
        if (!valid) {
            return Optional.empty();
        }
        SegmentFooter footer = new SegmentFooter(
                header, bytes.getLong(48), bytes.getLong(56), bytes.getLong(64), bytes.getInt(72), bytes.getInt(76));
        return footer.batchesEnd + footer.indexBytes + TRAILER_BYTES == lengthBytes
                ? Optional.of(footer)
                : Optional.empty();
    }

    /** Reads the index; empty if it is not intact. */
    Optional<SegmentIndex> readIndex(StoreFile file, JournalSpec spec) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(indexBytes).order(ByteOrder.LITTLE_ENDIAN);
        file.read(batchesEnd, bytes);
        bytes.flip();
        if (!Checksum.matches(bytes) || bytes.getInt() != INDEX_MAGIC || bytes.getInt() != VERSION) {
            return Optional.empty();
        }
        try {
            return Optional.of(decodeIndex(bytes, spec));
        } catch (BufferUnderflowException | IllegalArgumentException | NegativeArraySizeException e) {
            throw new JournalCorruptException(
                    "the index of segment " + file.path() + " has a good checksum and impossible values", e);
        }
    }

    private SegmentIndex decodeIndex(ByteBuffer bytes, JournalSpec spec) {
        int markers = bytes.getInt();
        int tables = bytes.getInt();
        if (tables != spec.volumes().size()) {
            throw new IllegalArgumentException(
                    tables + " tables for " + spec.volumes().size() + " volumes");
        }
        List<SegmentIndex.Marker> markerList = new ArrayList<>();
        for (int i = 0; i < markers; i++) {
            long position = bytes.getLong();
            RecordType type = bytes.getLong() == 0 ? RecordType.SYNC_BEGIN : RecordType.SYNC_END;
            markerList.add(new SegmentIndex.Marker(position, type));
        }
        List<ExtentTable> tableList = new ArrayList<>();
        for (JournalVolume volume : spec.volumes()) {
            int entries = bytes.getInt();
            bytes.getInt();
            tableList.add(ExtentTable.decode(bytes, entries, volume.sizeBytes()));
        }
        return new SegmentIndex(tableList, markerList, endPosition, endEpoch);
    }
}
