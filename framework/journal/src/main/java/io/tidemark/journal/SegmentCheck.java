package io.tidemark.journal;

import io.tidemark.journal.batch.Batch;
import io.tidemark.journal.batch.BatchFormat;
import io.tidemark.journal.batch.BatchHeader;
import io.tidemark.journal.batch.BatchTables;
import io.tidemark.journal.batch.CorruptBatchException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** Reads all of one segment up to a position and says what is damaged. Used once by one thread; the segment must be held. */
final class SegmentCheck {
    private final Segment segment;
    private final JournalSpec spec;
    private final List<JournalDamage> damages = new ArrayList<>();
    private long bytesRead;

    SegmentCheck(Segment segment, JournalSpec spec) {
        this.segment = segment;
        this.spec = spec;
    }

    long bytesRead() {
        return bytesRead;
    }

    /**
     * Checks batches, and the footer of a sealed segment.
     *
     * @param endPosition where the segment ends, or what is durable of it
     */
    List<JournalDamage> run(long endPosition, boolean sealed) throws IOException {
        RecordLog.Snapshot records;
        try {
            if (sealed) {
                segment.footerDamage().ifPresent(what -> add(SegmentHeader.BYTES, 0, 0, what));
            }
            records = segment.records(endPosition);
            if (segment.absent().damaged()) {
                damages.add(new JournalDamage(
                        JournalLayout.thinned(segment.path(), segment.number()),
                        0,
                        0,
                        0,
                        "what says which frames were thinned out is damaged; the next ageing makes it again"));
            }
        } catch (JournalCorruptException e) {
            add(0, segment.basePosition(), endPosition, String.valueOf(e.getMessage()));
            return damages;
        }
        int first = 0;
        for (int i = 1; i <= records.size(); i++) {
            if (i == records.size() || records.place(i) >>> 32 != records.place(first) >>> 32) {
                checkBatch(records, first, i);
                first = i;
            }
        }
        if (sealed) {
            checkIndex(records);
        }
        return damages;
    }

    private void add(long offset, long firstPosition, long endPosition, String what) {
        damages.add(new JournalDamage(segment.path(), offset, firstPosition, endPosition, what));
    }

    /** @param end of the batch's records, unless the position that is checked up to lies inside it */
    private void checkBatch(RecordLog.Snapshot records, int first, int end) throws IOException {
        long offset = (records.place(first) >>> 32) * BatchFormat.ALIGNMENT_BYTES;
        long firstPosition = records.position(first);
        long endPosition = firstPosition + end - first;
        try {
            SegmentHeader header = segment.header();
            ByteBuffer head = segment.readAt(offset, BatchFormat.HEADER_BYTES);
            if (BatchStamp.read(head, header.incarnation(), header.generation(), offset)
                    .isEmpty()) {
                throw new CorruptBatchException("the batch does not carry this journal's stamp for this place");
            }
            BatchHeader batchHeader = BatchTables.parseHeader(head);
            verify(offset, batchHeader.lengthBytes(), segment.absent().of(offset));
            bytesRead += batchHeader.lengthBytes();
            if (batchHeader.firstPosition() != firstPosition || batchHeader.endPosition() < endPosition) {
                throw new CorruptBatchException("another batch lies there: " + batchHeader);
            }
        } catch (CorruptBatchException | JournalCorruptException e) {
            add(offset, firstPosition, endPosition, String.valueOf(e.getMessage()));
        }
    }

    /** Frames that are gone are none that is damaged; more may be thinned out while this reads. */
    private void verify(long offset, int lengthBytes, BitSet absent) throws IOException {
        try {
            Batch.parse(segment.readAt(offset, lengthBytes), absent).verifyPayload();
        } catch (CorruptBatchException e) {
            BitSet now = segment.absent().of(offset);
            if (now.equals(absent)) {
                throw e;
            }
            verify(offset, lengthBytes, now);
        }
    }

    /** The index must say what the records say. */
    private void checkIndex(RecordLog.Snapshot records) throws IOException {
        for (int volume = 0; volume < spec.volumes().size(); volume++) {
            try {
                ExtentCursor indexed = segment.layer(volume).from(0);
                ExtentCursor expected = ExtentTable.of(records, volume).from(0);
                if (!same(indexed, expected)) {
                    add(0, 0, 0, "the extent index of volume " + volume + " differs from the record log");
                }
            } catch (DamagedIndexException e) {
                e.report();
                add(0, 0, 0, String.valueOf(e.getMessage()));
            }
        }
    }

    private static boolean same(ExtentCursor one, ExtentCursor other) {
        while (one.next()) {
            // Zeroes that are too long for one entry are several.
            if (!other.next() || one.start() != other.start() || one.place() != other.place()) {
                return ExtentCursor.isZero(one.place());
            }
        }
        return !other.next();
    }
}
