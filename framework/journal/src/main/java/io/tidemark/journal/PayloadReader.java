package io.tidemark.journal;

import io.tidemark.journal.batch.BatchFormat;
import io.tidemark.journal.batch.BatchFrame;
import io.tidemark.journal.batch.BatchTables;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Reads payload from segments, by segment number and place; verifies each frame. What was read last is kept, within a bound for the whole
 * journal. Any thread.
 */
final class PayloadReader {
    private record FrameKey(long segment, long batchOffset, int frame) {}

    private static final int TABLES_WEIGHT_PER_ENTRY = 80;

    private final SegmentCatalog catalog;
    private final WeightedCache<FrameKey, byte[]> frames;
    private final WeightedCache<FrameKey, BatchTables> tables;

    PayloadReader(SegmentCatalog catalog, long cacheBytes) {
        this.catalog = catalog;
        this.frames = new WeightedCache<>(cacheBytes * 3 / 4);
        this.tables = new WeightedCache<>(cacheBytes / 4);
    }

    /** What is kept weighs so much. */
    long weightBytes() {
        return frames.weight() + tables.weight();
    }

    /** Fills {@code into} from a place; the segment must be held. */
    void read(long segmentNumber, long place, ByteBuffer into) throws IOException {
        long batchOffset = (place >>> 32) * BatchFormat.ALIGNMENT_BYTES;
        Segment segment = catalog.numbered(segmentNumber);
        BatchTables batch = tables(segment, batchOffset);
        int at = (int) place;
        int end = at + into.remaining();
        if (at < 0 || end > batch.header().rawBytes()) {
            throw segment.corrupt(batchOffset, "the index names payload that the batch does not have");
        }
        for (int i = batch.frameIndexOf(at); at < end; i++) {
            BatchFrame frame = batch.frame(i);
            byte[] raw = frame(segment, batchOffset, batch, i);
            int part = Math.min(frame.rawEnd(), end) - at;
            into.put(raw, at - frame.rawStart(), part);
            at += part;
        }
    }

    /**
     * Which parts of a piece of payload are there: their ends in it, in turn of what is there and what is gone with its frame, beginning with the
     * former. Null if all of it is there. The segment must be held.
     */
    int @Nullable [] presentParts(long segmentNumber, long place, int lengthBytes) throws IOException {
        Segment segment = catalog.numbered(segmentNumber);
        AbsentFrames absent = segment.absent();
        if (absent.runs().isEmpty()) {
            return null;
        }
        long batchOffset = (place >>> 32) * BatchFormat.ALIGNMENT_BYTES;
        BitSet frames = absent.of(batchOffset);
        if (frames.isEmpty()) {
            return null;
        }
        BatchTables batch = tables(segment, batchOffset);
        int start = (int) place;
        int[] ends = new int[batch.header().frameCount() + 2];
        int count = 0;
        boolean there = true;
        for (int i = batch.frameIndexOf(start);
                i < batch.header().frameCount() && batch.frame(i).rawStart() < start + lengthBytes;
                i++) {
            if (frames.get(i) == there) {
                ends[count++] = Math.max(0, batch.frame(i).rawStart() - start);
                there = !there;
            }
        }
        ends[count++] = lengthBytes;
        return Arrays.copyOf(ends, count);
    }

    private BatchTables tables(Segment segment, long batchOffset) throws IOException {
        FrameKey key = new FrameKey(segment.number(), batchOffset, -1);
        BatchTables known = tables.get(key).orElse(null);
        if (known == null) {
            known = segment.tablesAt(batchOffset);
            int entries = known.header().recordCount() + known.header().frameCount() + 1;
            tables.put(key, known, entries * TABLES_WEIGHT_PER_ENTRY);
        }
        return known;
    }

    private byte[] frame(Segment segment, long batchOffset, BatchTables batch, int index) throws IOException {
        FrameKey key = new FrameKey(segment.number(), batchOffset, index);
        byte[] known = frames.get(key).orElse(null);
        if (known == null) {
            known = segment.frameAt(batchOffset, batch, index);
            frames.put(key, known, known.length);
        }
        return known;
    }
}
