package io.tidemark.journal;

import io.tidemark.journal.batch.BatchFormat;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which bytes of one volume a run of the journal changed, and where their newest version is: sorted, without overlaps, immutable. 24 bytes of
 * memory per entry; a search is O(log entries).
 */
final class ExtentTable {
    /** Bytes of one entry in a file. */
    static final int ENTRY_BYTES = 24;

    static final ExtentTable EMPTY = new ExtentTable(new long[0], new long[0], new long[0]);

    private static final int ZERO = -1;

    private final long[] starts;
    private final long[] ends;
    /** Batch offset in units of 4 KiB in the upper half, offset in the batch's payload or {@link #ZERO} in the lower. */
    private final long[] places;

    private ExtentTable(long[] starts, long[] ends, long[] places) {
        this.starts = starts;
        this.ends = ends;
        this.places = places;
    }

    int size() {
        return starts.length;
    }

    long start(int index) {
        return starts[index];
    }

    long end(int index) {
        return ends[index];
    }

    boolean isZero(int index) {
        return (int) places[index] == ZERO;
    }

    /** Where in the segment file the batch with the newest version starts. */
    long batchOffset(int index) {
        return (places[index] >>> 32) * BatchFormat.ALIGNMENT_BYTES;
    }

    /** Where in the batch's payload the bytes at {@link #start} are. */
    int rawStart(int index) {
        return (int) places[index];
    }

    /** The first entry that ends after an offset; {@link #size()} if there is none. */
    int firstEndingAfter(long offset) {
        int low = 0;
        int high = starts.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (ends[middle] <= offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    void encode(ByteBuffer out) {
        for (int i = 0; i < starts.length; i++) {
            out.putLong(starts[i]).putLong(ends[i] - starts[i]).putLong(places[i]);
        }
    }

    /** @throws IllegalArgumentException if the entries are not sorted ranges inside the volume */
    static ExtentTable decode(ByteBuffer in, int entries, long sizeBytes) {
        long[] starts = new long[entries];
        long[] ends = new long[entries];
        long[] places = new long[entries];
        long previousEnd = 0;
        for (int i = 0; i < entries; i++) {
            starts[i] = in.getLong();
            ends[i] = starts[i] + in.getLong();
            places[i] = in.getLong();
            if (starts[i] < previousEnd || ends[i] <= starts[i] || ends[i] > sizeBytes) {
                throw new IllegalArgumentException("entry " + i + " is out of order");
            }
            previousEnd = ends[i];
        }
        return new ExtentTable(starts, ends, places);
    }

    /** Gathers extents in write order; the newest wins. Used by one thread. O(log entries) per extent, amortised. */
    static final class Builder {
        private record Entry(long end, long place) {}

        private final TreeMap<Long, Entry> entries = new TreeMap<>();

        /** Adds bytes that are in the payload of a batch. */
        void putData(long start, long end, long batchOffset, int rawStart) {
            long unit = batchOffset / BatchFormat.ALIGNMENT_BYTES;
            put(start, new Entry(end, (unit << 32) | rawStart));
        }

        /** Adds a range of zeroes. */
        void putZero(long start, long end) {
            put(start, new Entry(end, ZERO & 0xFFFF_FFFFL));
        }

        private void put(long start, Entry entry) {
            Map.Entry<Long, Entry> before = entries.lowerEntry(start);
            if (before != null && before.getValue().end > start) {
                Entry old = before.getValue();
                entries.put(before.getKey(), new Entry(start, old.place));
                if (old.end > entry.end) {
                    entries.put(entry.end, tail(before.getKey(), old, entry.end));
                }
            }
            Map.Entry<Long, Entry> covered = entries.ceilingEntry(start);
            while (covered != null && covered.getKey() < entry.end) {
                entries.remove(covered.getKey());
                if (covered.getValue().end > entry.end) {
                    entries.put(entry.end, tail(covered.getKey(), covered.getValue(), entry.end));
                }
                covered = entries.ceilingEntry(start);
            }
            entries.put(start, entry);
        }

        private static Entry tail(long start, Entry entry, long from) {
            boolean zero = (int) entry.place == ZERO;
            return new Entry(entry.end, zero ? entry.place : entry.place + (from - start));
        }

        ExtentTable build() {
            int size = entries.size();
            long[] starts = new long[size];
            long[] ends = new long[size];
            long[] places = new long[size];
            int i = 0;
            for (Map.Entry<Long, Entry> entry : entries.entrySet()) {
                starts[i] = entry.getKey();
                ends[i] = entry.getValue().end;
                places[i] = entry.getValue().place;
                i++;
            }
            return size == 0 ? EMPTY : new ExtentTable(starts, ends, places);
        }
    }
}
