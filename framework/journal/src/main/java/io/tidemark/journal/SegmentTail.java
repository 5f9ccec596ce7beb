package io.tidemark.journal;

import io.tidemark.journal.batch.Batch;
import io.tidemark.journal.batch.BatchFormat;
import io.tidemark.journal.batch.BatchHeader;
import io.tidemark.journal.batch.BatchRecord;
import io.tidemark.journal.batch.BatchTables;
import io.tidemark.journal.batch.CorruptBatchException;
import io.tidemark.journal.file.StoreFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of the last segment after a restart: finds where the intact batches end, cuts what a crash tore, and refuses what is damage.
 *
 * <p>A crash may lose, keep or tear any sector that was not fsynced, so an intact batch may well lie beyond a torn one. Each batch carries the
 * position that was durable when it was written ({@link BatchStamp}): whatever is missing below such a mark, or below a position that the
 * checkpoint log or the manifest knows to be durable, was lost by damage, and nothing is cut (J2).
 *
 * @param file the segment's file, open for appends
 * @param log its records
 * @param endOffset where the next batch goes
 * @param endPosition position after the last intact record
 */
record SegmentTail(
        Segment segment,
        StoreFile file,
        SegmentHeader header,
        RecordLog log,
        long fileBytes,
        long endOffset,
        long endPosition,
        long endEpoch) {
    private static final Logger LOG = LoggerFactory.getLogger(SegmentTail.class);
    private static final int CHUNK_BYTES = 1 << 20;

    /**
     * Recovers the last segment. When this returns, all that it holds is durable, and nothing that follows can be taken for a batch of it.
     *
     * @param file its file, open for direct changes
     * @param knownDurablePosition what other files of the journal prove to have been durable
     */
    static SegmentTail recover(
            Segment segment, StoreFile file, JournalSpec spec, long knownDurablePosition, long segmentBytes)
            throws IOException {
        RecordLog log = new RecordLog(segment.number(), segment.basePosition());
        SegmentHeader header = segment.header();
        segment.activate(file, header, log);
        Scan scan = new Scan(segment, header, spec, knownDurablePosition, log);
        scan.run(file.lengthBytes());
        scan.refuseDamage(file, file.lengthBytes());
        if (!scan.remains.isEmpty()) {
            LOG.atInfo()
                    .addKeyValue("segment", segment.path())
                    .addKeyValue("offset", scan.offset)
                    .addKeyValue("position", scan.position)
                    .log("cut the end of the journal that was written but never durable");
        }
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES + StoreFile.DIRECT_ALIGNMENT_BYTES)
                .alignedSlice(StoreFile.DIRECT_ALIGNMENT_BYTES);
        for (long remains : scan.remains) {
            // Another batch may end right before it one day: then it would look like the next one.
            file.write(remains, chunk.clear().limit(BatchFormat.ALIGNMENT_BYTES));
        }
        long fileBytes = Math.max(Math.max(segmentBytes, scan.offset), file.lengthBytes());
        file.extend(fileBytes);
        // After a failed fsync the tail may be in the page cache alone, and clean: only writing it again makes it
        // durable (J9).
        rewrite(file, chunk, scan.unprovenOffset, scan.offset);
        file.sync();
        return new SegmentTail(segment, file, header, log, fileBytes, scan.offset, scan.position, scan.epoch);
    }

    private static void rewrite(StoreFile file, ByteBuffer chunk, long from, long to) throws IOException {
        for (long at = from; at < to; at += CHUNK_BYTES) {
            chunk.clear().limit((int) Math.min(CHUNK_BYTES, to - at));
            file.read(at, chunk);
            file.write(at, chunk.flip());
        }
    }

    /** The walk along the batches. */
    private static final class Scan {
        private final Segment segment;
        private final JournalSpec spec;
        private final SegmentHeader segmentHeader;
        private final RecordLog log;
        /** Where intact stamps lie beyond the end. */
        private final List<Long> remains = new ArrayList<>();

        private long offset = SegmentHeader.BYTES;
        private long position;
        private long epoch;
        private long proven;
        private long unprovenOffset = SegmentHeader.BYTES;
        private String why = "the segment ends";

        Scan(Segment segment, SegmentHeader segmentHeader, JournalSpec spec, long knownDurablePosition, RecordLog log) {
            this.segment = segment;
            this.segmentHeader = segmentHeader;
            this.log = log;
            this.spec = spec;
            this.position = segmentHeader.basePosition();
            this.epoch = segmentHeader.epoch();
            this.proven = Math.max(knownDurablePosition, position);
        }

        void run(long fileBytes) throws IOException {
            Optional<Batch> batch = next(fileBytes);
            while (batch.isPresent()) {
                BatchHeader header = batch.get().header();
                log.add(batch.get().tables(), offset, Long.MAX_VALUE);
                offset += header.lengthBytes();
                position = header.endPosition();
                epoch = header.epoch();
                if (position <= proven) {
                    unprovenOffset = offset;
                }
                batch = next(fileBytes);
            }
        }

        private Optional<Batch> next(long fileBytes) throws IOException {
            if (offset + BatchFormat.ALIGNMENT_BYTES > fileBytes) {
                return Optional.empty();
            }
            ByteBuffer head = segment.readAt(offset, BatchFormat.HEADER_BYTES);
            Optional<BatchStamp> stamp = stampOf(head, offset);
            if (stamp.isEmpty()) {
                why = "no batch of this journal starts there";
                return Optional.empty();
            }
            BatchHeader header = headerOf(head, offset);
            if (header.lengthBytes() > fileBytes - offset) {
                why = "the file ends inside the batch";
                return Optional.empty();
            }
            try {
                Batch batch = Batch.parse(segment.readAt(offset, header.lengthBytes()));
                if (header.firstPosition() != position || header.epoch() < epoch) {
                    why = "the batch there is not the next one: " + header;
                    return Optional.empty();
                }
                for (BatchRecord record : batch.records()) {
                    if (!Segment.fits(record, spec)) {
                        throw segment.corrupt(offset, "this journal has no place for " + record);
                    }
                }
                proven = Math.max(proven, stamp.get().durablePosition());
                return Optional.of(batch);
            } catch (CorruptBatchException e) {
                why = String.valueOf(e.getMessage());
                return Optional.empty();
            }
        }

        private Optional<BatchStamp> stampOf(ByteBuffer head, long at) {
            return BatchStamp.read(head, segmentHeader.incarnation(), segmentHeader.generation(), at);
        }

        /** The header under an intact stamp; the stamp's checksum covers it, so a crash cannot have torn it. */
        private BatchHeader headerOf(ByteBuffer head, long at) throws IOException {
            try {
                return BatchTables.parseHeader(head);
            } catch (CorruptBatchException e) {
                throw segment.corrupt(
                        at, "it was written like this, and this program cannot read it: " + e.getMessage());
            }
        }

        /** Looks through what follows the last intact batch for proof that more than it was durable. */
        void refuseDamage(StoreFile file, long fileBytes) throws IOException {
            ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
            for (long from = offset; from < fileBytes; from += CHUNK_BYTES) {
                int part = (int) Math.min(CHUNK_BYTES, fileBytes - from);
                file.read(from, chunk.clear().limit(part));
                for (int at = 0; at + BatchFormat.HEADER_BYTES <= part; at += BatchFormat.ALIGNMENT_BYTES) {
                    if (chunk.getInt(at + BatchFormat.STAMP_OFFSET) == BatchStamp.MAGIC) {
                        lookAt(chunk.slice(at, BatchFormat.HEADER_BYTES), from + at);
                    }
                }
            }
            if (proven > position) {
                throw damage(proven, "what was read before, the checkpoint log or the manifest");
            }
        }

        private void lookAt(ByteBuffer head, long at) throws IOException {
            Optional<BatchStamp> stamp = stampOf(head, at);
            if (stamp.isPresent()) {
                remains.add(at);
                if (stamp.get().durablePosition() > position) {
                    throw damage(stamp.get().durablePosition(), "the batch at offset " + at);
                }
            }
        }

        private JournalCorruptException damage(long durable, String proof) {
            return segment.corrupt(
                    offset,
                    "position " + position + " should follow there, but " + why + "; " + proof
                            + " proves that everything before position " + durable + " was durable");
        }
    }
}
