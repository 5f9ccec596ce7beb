package io.tidemark.journal;

import io.tidemark.journal.batch.BatchFormat;
import io.tidemark.journal.batch.BatchFrame;
import io.tidemark.journal.batch.FrameBuffers;
import io.tidemark.journal.batch.FrameTable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Reads payload from segments, by segment number and place; verifies each frame. Which frames batches have, and what was inflated last, is kept,
 * within a bound for the whole journal; a frame that is stored as it is costs little more to read again than to keep. Any thread.
 */
final class PayloadReader {
    private record BatchKey(long segment, long batchOffset) {}

    private record FrameKey(long segment, long batchOffset, int frame) {}

    /** What one reader at a time reads into, and which frame is still in it: sequential readers come back for the same one. */
    private static final class Room {
        final FrameBuffers buffers = new FrameBuffers();
        long segment = -1;
        long batchOffset;
        int frame;
        ByteBuffer payload = ByteBuffer.allocate(0);

        boolean holds(long segmentNumber, long offset, int index) {
            return segment == segmentNumber && batchOffset == offset && frame == index;
        }
    }

    /** More readers at a time than this are rare, and make garbage. */
    private static final int ROOMS = 8;

    private final SegmentCatalog catalog;
    private final WeightedCache<FrameKey, byte[]> inflated;
    private final WeightedCache<BatchKey, FrameTable> tables;
    private final Deque<Room> rooms = new ArrayDeque<>();

    PayloadReader(SegmentCatalog catalog, long cacheBytes) {
        this.catalog = catalog;
        this.inflated = new WeightedCache<>(cacheBytes / 2);
        this.tables = new WeightedCache<>(cacheBytes / 2);
    }

    /** What is kept weighs so much. */
    long weightBytes() {
        return inflated.weight() + tables.weight();
    }

    /** Fills {@code into} from a place; the segment must be held. */
    void read(long segmentNumber, long place, ByteBuffer into) throws IOException {
        long batchOffset = (place >>> 32) * BatchFormat.ALIGNMENT_BYTES;
        Segment segment = catalog.numbered(segmentNumber);
        FrameTable batch = tables(segment, batchOffset);
        int at = (int) place;
        int end = at + into.remaining();
        if (at < 0 || end > batch.rawBytes()) {
            throw segment.corrupt(batchOffset, "the index names payload that the batch does not have");
        }
        Room room = borrow();
        try {
            for (int i = batch.indexOf(at); at < end; i++) {
                BatchFrame frame = batch.frame(i);
                ByteBuffer raw = frame(segment, batchOffset, frame, i, room);
                int part = Math.min(frame.rawEnd(), end) - at;
                into.put(into.position(), raw, at - frame.rawStart(), part);
                into.position(into.position() + part);
                at += part;
            }
        } finally {
            giveBack(room);
        }
    }

    private Room borrow() {
        synchronized (rooms) {
            Room room = rooms.pollFirst();
            if (room != null) {
                return room;
            }
        }
        return new Room();
    }

    private void giveBack(Room room) {
        synchronized (rooms) {
            if (rooms.size() < ROOMS) {
                rooms.addFirst(room);
            }
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
        FrameTable batch = tables(segment, batchOffset);
        int start = (int) place;
        int[] ends = new int[batch.count() + 2];
        int count = 0;
        boolean there = true;
        for (int i = batch.indexOf(start); i < batch.count() && batch.frame(i).rawStart() < start + lengthBytes; i++) {
            if (frames.get(i) == there) {
                ends[count++] = Math.max(0, batch.frame(i).rawStart() - start);
                there = !there;
            }
        }
        ends[count++] = lengthBytes;
        return Arrays.copyOf(ends, count);
    }

    private FrameTable tables(Segment segment, long batchOffset) throws IOException {
        BatchKey key = new BatchKey(segment.number(), batchOffset);
        FrameTable known = tables.get(key).orElse(null);
        if (known == null) {
            known = segment.tablesAt(batchOffset).frames();
            tables.put(key, known, known.weightBytes());
        }
        return known;
    }

    /** @return the payload of a frame, good until the room is used again; its position does not matter */
    private ByteBuffer frame(Segment segment, long batchOffset, BatchFrame frame, int index, Room room)
            throws IOException {
        if (room.holds(segment.number(), batchOffset, index)) {
            return room.payload;
        }
        FrameKey key = new FrameKey(segment.number(), batchOffset, index);
        byte[] known = frame.isCompressed() ? inflated.get(key).orElse(null) : null;
        if (known != null) {
            return ByteBuffer.wrap(known);
        }
        room.segment = -1;
        room.payload = segment.frameAt(batchOffset, frame, room.buffers);
        room.segment = segment.number();
        room.batchOffset = batchOffset;
        room.frame = index;
        if (frame.isCompressed()) {
            byte[] copy = new byte[frame.rawBytes()];
            room.payload.get(0, copy);
            inflated.put(key, copy, copy.length);
        }
        return room.payload;
    }
}
