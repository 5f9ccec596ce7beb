package io.tidemark.journal;

import java.util.Arrays;

/**
 * Turns records in order of time into extents in order of place, newest wins: a natural merge sort between two sets of columns, O(n log n), less
 * the more sequential the writes were. Used once by one thread.
 */
final class ExtentSort {
    /** Extents in columns; several sorted runs one after the other, later ones newer. */
    private static final class Columns {
        private final long[] starts;
        private final long[] ends;
        private final long[] places;
        private final int[] runEnds;
        private int size;
        private int runs;

        Columns(int extents, int runs) {
            this.starts = new long[extents];
            this.ends = new long[extents];
            this.places = new long[extents];
            this.runEnds = new int[runs];
        }

        int runStart(int run) {
            return run == 0 ? 0 : runEnds[run - 1];
        }

        /** Adds an extent to the last run, which must not be closed; joins it with the one before where they are one piece. */
        void add(long start, long end, long place) {
            int last = size - 1;
            if (size > runStart(runs)
                    && ends[last] == start
                    && ExtentCursor.placeAfter(places[last], start - starts[last]) == place) {
                ends[last] = end;
                return;
            }
            starts[size] = start;
            ends[size] = end;
            places[size++] = place;
        }

        void closeRun() {
            runEnds[runs++] = size;
        }

        void clear() {
            size = 0;
            runs = 0;
        }
    }

    private Columns from;
    private Columns to;

    private ExtentSort(RecordLog.Snapshot records, int first, int end, int volume, int count) {
        // A record splits one extent at most, and adds itself.
        this.from = new Columns(2 * count, count + 1);
        this.to = new Columns(2 * count, count + 1);
        load(records, first, end, volume);
    }

    /** The newest versions of a volume's bytes, from the records between two indexes. */
    static ExtentTable sort(RecordLog.Snapshot records, int first, int end, int volume) {
        int count = 0;
        for (int i = first; i < end; i++) {
            count += records.volume(i) == volume ? 1 : 0;
        }
        ExtentSort sort = new ExtentSort(records, first, end, volume, count);
        while (sort.from.runs > 1) {
            sort.mergePairs();
        }
        Columns sorted = sort.from;
        return new ExtentTable(
                records.segment(),
                Arrays.copyOf(sorted.starts, sorted.size),
                Arrays.copyOf(sorted.ends, sorted.size),
                Arrays.copyOf(sorted.places, sorted.size));
    }

    private void load(RecordLog.Snapshot records, int first, int end, int volume) {
        long previousEnd = 0;
        for (int i = first; i < end; i++) {
            if (records.volume(i) == volume) {
                if (records.start(i) < previousEnd) {
                    from.closeRun();
                }
                previousEnd = records.start(i) + records.lengthBytes(i);
                from.add(records.start(i), previousEnd, records.place(i));
            }
        }
        from.closeRun();
    }

    private void mergePairs() {
        to.clear();
        int run = 0;
        for (; run + 1 < from.runs; run += 2) {
            merge(from.runStart(run), from.runEnds[run], from.runEnds[run + 1]);
            to.closeRun();
        }
        if (run < from.runs) {
            for (int i = from.runStart(run); i < from.runEnds[run]; i++) {
                to.add(from.starts[i], from.ends[i], from.places[i]);
            }
            to.closeRun();
        }
        Columns merged = to;
        to = from;
        from = merged;
    }

    /** Merges the older run up to {@code newerFirst} and the newer one from there. */
    private void merge(int olderFirst, int newerFirst, int newerEnd) {
        int older = olderFirst;
        int newer = newerFirst;
        long olderStart = older < newerFirst ? from.starts[older] : 0;
        while (older < newerFirst || newer < newerEnd) {
            if (older < newerFirst && (newer == newerEnd || olderStart < from.starts[newer])) {
                long end = newer == newerEnd ? from.ends[older] : Math.min(from.ends[older], from.starts[newer]);
                to.add(olderStart, end, ExtentCursor.placeAfter(from.places[older], olderStart - from.starts[older]));
                olderStart = end;
            } else {
                to.add(from.starts[newer], from.ends[newer], from.places[newer]);
                olderStart = Math.max(olderStart, from.ends[newer++]);
            }
            while (older < newerFirst && from.ends[older] <= olderStart) {
                older++;
            }
            if (older < newerFirst) {
                olderStart = Math.max(olderStart, from.starts[older]);
            }
        }
    }
}
