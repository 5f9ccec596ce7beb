package io.tidemark.journal;

import io.tidemark.journal.batch.BatchFormat;
import io.tidemark.journal.batch.BatchRecord;
import io.tidemark.journal.batch.BatchTables;
import io.tidemark.journal.batch.RecordType;
import java.util.Arrays;
import java.util.BitSet;

/**
 * The records of a segment in order, without their payload: the one at index <i>i</i> is at position <i>base + i</i>. Appended to by the
 * journal's owner without garbage (but when it grows); read by any thread, up to a position that was published to it after it was appended.
 */
final class RecordLog {
    private static final int FIRST_ROOM = 256;

    /** What grows together; never changed below the size that was published. */
    private static final class Columns {
        private final long[] starts;
        private final long[] lengths;
        private final long[] places;
        private final int[] kinds;

        Columns(long[] starts, long[] lengths, long[] places, int[] kinds) {
            this.starts = starts;
            this.lengths = lengths;
            this.places = places;
            this.kinds = kinds;
        }

        static Columns ofRoom(int room) {
            return new Columns(new long[room], new long[room], new long[room], new int[room]);
        }

        Columns grown() {
            int room = starts.length * 2;
            return new Columns(
                    Arrays.copyOf(starts, room),
                    Arrays.copyOf(lengths, room),
                    Arrays.copyOf(places, room),
                    Arrays.copyOf(kinds, room));
        }
    }

    private final long segment;
    private final long basePosition;
    private volatile Columns columns = Columns.ofRoom(FIRST_ROOM);
    private int size;
    private int markers;
    private int volumes;
    private final BitSet touched = new BitSet();

    RecordLog(long segment, long basePosition) {
        this.segment = segment;
        this.basePosition = basePosition;
    }

    /** @param batchOffset offset in the segment file of the batch that holds the record */
    void add(int typeCode, int volume, long start, long lengthBytes, long batchOffset, int rawStart) {
        Columns now = columns;
        if (size == now.starts.length) {
            now = now.grown();
            columns = now;
        }
        now.starts[size] = start;
        now.lengths[size] = lengthBytes;
        int lower = typeCode == RecordType.WRITE_CODE ? rawStart : ExtentCursor.ZERO;
        now.places[size] = ((batchOffset / BatchFormat.ALIGNMENT_BYTES) << 32) | (lower & 0xFFFF_FFFFL);
        now.kinds[size] = (volume << 8) | typeCode;
        size++;
        if (volume == BatchRecord.WHOLE_VM) {
            markers++;
        } else if (!touched.get(volume)) {
            touched.set(volume);
            volumes++;
        }
    }

    /** Adds the records of a batch that lie before a position. */
    void add(BatchTables batch, long batchOffset, long beforePosition) {
        for (int i = 0; i < batch.header().recordCount(); i++) {
            BatchRecord record = batch.record(i);
            if (record.position() < beforePosition) {
                add(
                        record.type().code(),
                        record.volumeIndex(),
                        record.offset(),
                        record.lengthBytes(),
                        batchOffset,
                        batch.rawStart(i));
            }
        }
    }

    /** Owner. */
    int size() {
        return size;
    }

    /** Owner. */
    int markers() {
        return markers;
    }

    /** How many volumes the records change; owner. */
    int volumes() {
        return volumes;
    }

    /** The records before a position, all of which must have been published to this thread. */
    Snapshot before(long position) {
        Columns now = columns;
        return new Snapshot(segment, basePosition, now, Math.toIntExact(position - basePosition));
    }

    /** The first so many records; immutable. */
    static final class Snapshot {
        private final long segment;
        private final long basePosition;
        private final Columns columns;
        private final int size;

        private Snapshot(long segment, long basePosition, Columns columns, int size) {
            if (size < 0 || size > columns.starts.length) {
                throw new IllegalArgumentException("segment " + segment + " has no " + size + " records");
            }
            this.segment = segment;
            this.basePosition = basePosition;
            this.columns = columns;
            this.size = size;
        }

        long segment() {
            return segment;
        }

        int size() {
            return size;
        }

        long position(int index) {
            return basePosition + index;
        }

        long start(int index) {
            return columns.starts[index];
        }

        long lengthBytes(int index) {
            return columns.lengths[index];
        }

        long place(int index) {
            return columns.places[index];
        }

        /** {@link BatchRecord#WHOLE_VM} for markers. */
        int volume(int index) {
            return columns.kinds[index] >>> 8;
        }

        int typeCode(int index) {
            return columns.kinds[index] & 0xFF;
        }
    }
}
