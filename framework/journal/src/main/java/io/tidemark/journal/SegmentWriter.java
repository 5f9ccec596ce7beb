package io.tidemark.journal;

import io.tidemark.journal.batch.Batch;
import io.tidemark.journal.file.StoreFile;
import io.tidemark.journal.file.StoreFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * Appends batches to the one open segment, seals it when it is full, and starts the next. Owned by the journal's owner; positions are read by
 * any thread.
 */
final class SegmentWriter {
    private final StoreFiles files;
    private final JournalLayout layout;
    private final UUID incarnation;
    private final JournalSpec spec;
    private final long segmentBytes;
    private final SegmentCatalog catalog;
    private final ConsistencyTimeline consistency;

    private ByteBuffer buffer = ByteBuffer.allocate(0);
    private volatile long writeOffset;
    private volatile long appendedPosition;
    private volatile long durablePosition;
    private volatile long epoch;

    /** @param tail where the active segment, the last of the catalog, takes the next batch; everything before is durable */
    SegmentWriter(
            StoreFiles files,
            JournalLayout layout,
            Manifest manifest,
            JournalConfig config,
            SegmentCatalog catalog,
            ConsistencyTimeline consistency,
            SegmentTail tail) {
        this.files = files;
        this.layout = layout;
        this.incarnation = manifest.incarnation();
        this.spec = manifest.spec();
        this.segmentBytes = config.segmentBytes();
        this.catalog = catalog;
        this.consistency = consistency;
        this.writeOffset = tail.endOffset();
        this.appendedPosition = tail.endPosition();
        this.durablePosition = tail.endPosition();
        this.epoch = Math.max(manifest.epoch(), tail.endEpoch());
    }

    /** Makes a new segment file, complete with its name, that is ready for its first batch. */
    static Segment create(
            StoreFiles files, JournalLayout layout, JournalSpec spec, SegmentHeader header, long segmentBytes)
            throws IOException {
        var path = layout.segment(header.number());
        StoreFile file = WholeFile.write(files, JournalLayout.temporary(path), header.encode());
        try (file) {
            file.extend(segmentBytes);
            file.sync();
            WholeFile.install(files, path);
        }
        return new Segment(files.open(path), header, spec, null);
    }

    /** Writes a verified batch that starts at the appended position; not durable yet. */
    void append(Batch batch) throws IOException {
        int lengthBytes = batch.header().lengthBytes();
        if (writeOffset > SegmentHeader.BYTES && writeOffset + lengthBytes > segmentBytes) {
            roll();
        }
        Segment active = catalog.active();
        if (buffer.capacity() < lengthBytes) {
            buffer = ByteBuffer.allocate(lengthBytes);
        }
        buffer.clear().put(batch.bytes()).flip();
        new BatchStamp(durablePosition).put(buffer, incarnation, active.header().generation(), writeOffset);
        long at = writeOffset;
        active.file().write(at, buffer);
        writeOffset = at + lengthBytes;
        epoch = batch.header().epoch();
        batch.records().stream()
                .filter(record -> record.type().isMarker())
                .forEach(record -> consistency.add(record.position(), record.type()));
        appendedPosition = batch.header().endPosition();
    }

    private void roll() throws IOException {
        Segment full = catalog.active();
        SegmentIndex index = full.indexBefore(appendedPosition);
        ByteBuffer footer = SegmentFooter.encode(full.header(), writeOffset, index);
        int indexBytes = footer.remaining() - SegmentFooter.TRAILER_BYTES;
        long endOffset = writeOffset + footer.remaining();
        full.file().write(writeOffset, footer);
        if (full.file().lengthBytes() > endOffset) {
            full.file().truncate(endOffset);
        }
        // The next segment exists only after all of this one is durable: recovery relies on it (J2).
        full.file().sync();
        durablePosition = appendedPosition; // J4
        SegmentHeader next = new SegmentHeader(
                incarnation,
                full.header().number() + 1,
                full.header().number() + 1,
                appendedPosition,
                epoch,
                consistency.sinceAt(appendedPosition));
        Segment started = create(files, layout, spec, next, segmentBytes);
        full.sealed(new SegmentFooter(
                full.header(),
                writeOffset,
                appendedPosition,
                index.endEpoch(),
                indexBytes,
                index.markers().size()));
        catalog.add(started);
        writeOffset = SegmentHeader.BYTES;
    }

    /** Makes all that was appended durable. */
    void sync() throws IOException {
        long appended = appendedPosition;
        if (appended > durablePosition) {
            catalog.active().file().sync();
            durablePosition = appended; // J4
        }
    }

    /** After the manifest with it is durable. */
    void raiseEpoch(long raised) {
        epoch = raised;
    }

    long appendedPosition() {
        return appendedPosition;
    }

    long durablePosition() {
        return durablePosition;
    }

    long epoch() {
        return epoch;
    }

    /** Bytes of the active segment that are in use. */
    long usedBytes() {
        return writeOffset;
    }
}
