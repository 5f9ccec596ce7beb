package io.tidemark.journal;

import io.tidemark.journal.batch.Batch;
import io.tidemark.journal.batch.BatchCheck;
import io.tidemark.journal.batch.RecordType;
import io.tidemark.journal.file.StoreFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Appends batches to the one open segment, seals it when it is full, and starts the next. Owned by the journal's owner; positions are read by
 * any thread.
 */
final class SegmentWriter {
    /** Bounds what is kept in memory of the open segment. */
    private static final int MAX_RECORDS = 1 << 18;

    private static final int BUFFER_BYTES = 1 << 20;
    private static final Logger LOG = LoggerFactory.getLogger(SegmentWriter.class);

    private final UUID incarnation;
    private final JournalSpec spec;
    private final long segmentBytes;
    private final SegmentFiles segmentFiles;
    private final JournalLayout layout;
    private final SegmentCatalog catalog;
    private final SpareSegments spares;
    private final RunBuilder runs;
    private final ConsistencyTimeline consistency;
    private final AppendBuffers buffers;

    private Segment segment;
    private StoreFile file;
    private SegmentHeader header;
    private RecordLog log;
    private long fileBytes;
    private StoreFile.@Nullable PendingWrite pendingSync;
    private long syncTarget;
    private volatile long writeOffset;
    private volatile long appendedPosition;
    private volatile long durablePosition;
    private volatile long epoch;

    /** @param tail where the active segment, the last of the catalog, takes the next batch; everything before is durable */
    SegmentWriter(
            JournalLayout layout,
            SegmentFiles segmentFiles,
            Manifest manifest,
            JournalConfig config,
            SegmentCatalog catalog,
            SpareSegments spares,
            RunBuilder runs,
            ConsistencyTimeline consistency,
            SegmentTail tail) {
        this.layout = layout;
        this.segmentFiles = segmentFiles;
        this.incarnation = manifest.incarnation();
        this.spec = manifest.spec();
        this.segmentBytes = config.segmentBytes();
        this.catalog = catalog;
        this.spares = spares;
        this.runs = runs;
        this.consistency = consistency;
        this.buffers = new AppendBuffers((int) Math.min(BUFFER_BYTES, segmentBytes));
        this.segment = tail.segment();
        this.file = tail.file();
        this.header = tail.header();
        this.log = tail.log();
        this.fileBytes = tail.fileBytes();
        this.writeOffset = tail.endOffset();
        this.appendedPosition = tail.endPosition();
        this.durablePosition = tail.endPosition();
        this.epoch = Math.max(manifest.epoch(), tail.endEpoch());
    }

    /** Whether batches of a length can be {@link #stage staged}; others are {@link #append appended}. */
    boolean takesStaged(int lengthBytes) {
        return lengthBytes <= buffers.capacityBytes();
    }

    /** Copies a batch to where it will be verified, and written from; only {@link #commit} appends it. */
    BatchCheck stage(ByteBuffer batch) throws IOException {
        return buffers.stage(batch, file);
    }

    int stagedAt() {
        return buffers.stagedAt();
    }

    /** Appends the staged batch, which was verified and starts at the appended position; not durable yet. */
    void commit(BatchCheck batch, int lengthBytes) throws IOException {
        makeRoom(lengthBytes, batch.recordCount());
        buffers.commit(lengthBytes, writeOffset, incarnation, header.generation(), durablePosition);
        long position = appendedPosition;
        for (int i = 0; i < batch.recordCount(); i++) {
            int type = batch.typeCode(i);
            log.add(type, batch.volumeIndex(i), batch.offset(i), batch.lengthBytes(i), writeOffset, batch.rawStart(i));
            if (type == RecordType.SYNC_BEGIN_CODE) {
                consistency.add(position + i, RecordType.SYNC_BEGIN);
            } else if (type == RecordType.SYNC_END_CODE) {
                consistency.add(position + i, RecordType.SYNC_END);
            }
        }
        appended(lengthBytes, batch.epoch(), batch.endPosition());
    }

    private void appended(int lengthBytes, long batchEpoch, long endPosition) {
        long at = writeOffset;
        writeOffset = at + lengthBytes;
        epoch = batchEpoch;
        appendedPosition = endPosition;
    }

    /** Appends a verified batch of any length that starts at the appended position; not durable yet. */
    void append(Batch batch) throws IOException {
        int lengthBytes = batch.header().lengthBytes();
        makeRoom(lengthBytes, batch.header().recordCount());
        buffers.flush(file);
        AppendSlot alone = new AppendSlot(lengthBytes);
        alone.stage(batch.bytes());
        alone.stamp(incarnation, header.generation(), writeOffset, durablePosition);
        alone.end = lengthBytes;
        file.write(writeOffset, alone.unwritten());
        log.add(batch.tables(), writeOffset, Long.MAX_VALUE);
        batch.records().stream()
                .filter(record -> record.type().isMarker())
                .forEach(record -> consistency.add(record.position(), record.type()));
        appended(lengthBytes, batch.header().epoch(), batch.header().endPosition());
    }

    /** Begins a new segment if a batch, and the footer with it, does not fit into this one. */
    private void makeRoom(int lengthBytes, int records) throws IOException {
        boolean full = log.size() + records > MAX_RECORDS || needed(lengthBytes, records) > segmentBytes;
        if (full && log.size() > 0) {
            roll(lengthBytes, records);
        } else if (needed(lengthBytes, records) > fileBytes) {
            // A batch that is longer than a segment gets one of its own.
            fileBytes = needed(lengthBytes, records);
            file.extend(fileBytes);
        }
    }

    private long needed(int lengthBytes, int records) {
        int volumes = spec.volumes().size();
        int touched = Math.min(volumes, log.volumes() + records);
        return writeOffset
                + lengthBytes
                + SegmentFooter.maxBytes(volumes, touched, log.size() + records)
                + SegmentFooter.TRAILER_BYTES;
    }

    private void roll(int lengthBytes, int records) throws IOException {
        seal();
        long number = header.number() + 1;
        long generation = ThreadLocalRandom.current().nextLong();
        long since = consistency.sinceAt(appendedPosition);
        SegmentHeader next = SegmentHeader.next(incarnation, number, generation, appendedPosition, epoch, since);
        Segment started = new Segment(
                segmentFiles, layout.segment(number, appendedPosition), number, appendedPosition, spec, incarnation);
        RecordLog nextLog = new RecordLog(number, appendedPosition);
        Segment full = segment;
        writeOffset = SegmentHeader.BYTES;
        log = nextLog;
        StoreFile opened = spares.begin(next, needed(lengthBytes, records));
        started.activate(opened, next, nextLog);
        full.sealed(appendedPosition);
        catalog.add(started);
        segment = started;
        header = next;
        file = opened;
        fileBytes = opened.lengthBytes();
        runs.schedule();
    }

    /** Writes the footer. The next segment exists only after all of this one is durable: recovery relies on it (J2). */
    private void seal() throws IOException {
        finishSync();
        buffers.flush(file);
        SegmentFooter.Encoded footer = SegmentFooter.encode(header, writeOffset, log.before(appendedPosition), spec);
        long needed = writeOffset + footer.body().remaining() + SegmentFooter.TRAILER_BYTES;
        if (needed > fileBytes) {
            // Written by a version that did not leave room for it.
            fileBytes = needed;
            file.extend(needed);
        }
        file.write(writeOffset, footer.body());
        file.write(fileBytes - SegmentFooter.TRAILER_BYTES, footer.trailer());
        file.sync();
        durablePosition = appendedPosition; // J4
    }

    /** Makes all that was appended durable. */
    void sync() throws IOException {
        finishSync();
        long appended = appendedPosition;
        if (appended > durablePosition) {
            buffers.flush(file);
            file.sync();
            durablePosition = appended; // J4
        }
    }

    /** Begins to make durable what was appended so far; more can be appended meanwhile. Ends an earlier one first. */
    void startSync() throws IOException {
        finishSync();
        if (appendedPosition > durablePosition) {
            syncTarget = appendedPosition;
            pendingSync = file.startSync(buffers.startWrites(file));
        }
    }

    /** Waits for what was begun. */
    void finishSync() throws IOException {
        StoreFile.@Nullable PendingWrite pending = pendingSync;
        if (pending != null) {
            pendingSync = null;
            pending.await();
            durablePosition = syncTarget; // J4
        }
    }

    /** Waits until the disk has given all buffers back; what was not synced may be lost. */
    void close(boolean failed) {
        if (!failed) {
            try {
                buffers.flush(file);
            } catch (IOException e) {
                // Nobody was promised that it would be there.
                LOG.atWarn()
                        .addKeyValue("segment", segment.path())
                        .setCause(e)
                        .log("the last batches were not written");
            }
        }
        buffers.abandon();
        StoreFile.@Nullable PendingWrite pending = pendingSync;
        if (pending != null) {
            try {
                pending.await();
            } catch (IOException e) {
                LOG.atWarn().addKeyValue("segment", segment.path()).setCause(e).log("the last sync failed");
            }
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
