package io.tidemark.journal;

/**
 * An {@link ExtentLayer} in memory, of one segment or a part of it: 24 bytes per extent; a search is O(log extents).
 */
final class ExtentTable implements ExtentLayer {
    private final long segment;
    private final long[] starts;
    private final long[] ends;
    private final long[] places;

    /** @param starts sorted, like the others; not to be changed any more */
    ExtentTable(long segment, long[] starts, long[] ends, long[] places) {
        this.segment = segment;
        this.starts = starts;
        this.ends = ends;
        this.places = places;
    }

    int size() {
        return starts.length;
    }

    /** About what it takes on the heap. */
    int weightBytes() {
        return 64 + 24 * starts.length;
    }

    @Override
    public boolean mayTouch(long start, long end) {
        return starts.length > 0 && start < ends[ends.length - 1] && end > starts[0];
    }

    @Override
    public ExtentCursor from(long offset) {
        return new Cursor(firstEndingAfter(offset));
    }

    private int firstEndingAfter(long offset) {
        int low = 0;
        int high = ends.length;
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

    /** The records of one volume, from those that a log had first: the newest version of each byte. */
    static ExtentTable of(RecordLog.Snapshot records, int volume) {
        return ExtentSort.sort(records, 0, records.size(), volume);
    }

    /** The same from some of the records alone. */
    static ExtentTable of(RecordLog.Snapshot records, int from, int end, int volume) {
        return ExtentSort.sort(records, from, end, volume);
    }

    private final class Cursor implements ExtentCursor {
        private int at;

        Cursor(int first) {
            this.at = first - 1;
        }

        @Override
        public boolean next() {
            return ++at < starts.length;
        }

        @Override
        public long start() {
            return starts[at];
        }

        @Override
        public long end() {
            return ends[at];
        }

        @Override
        public long segment() {
            return segment;
        }

        @Override
        public long place() {
            return places[at];
        }
    }
}
