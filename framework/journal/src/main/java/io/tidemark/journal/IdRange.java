package io.tidemark.journal;

import java.util.List;

/** Checkpoint ids from one to another, both included. */
record IdRange(long first, long last) {
    /** Whether an id lies in one of some ranges, which are sorted and apart. */
    static boolean contains(List<IdRange> ranges, long id) {
        int low = 0;
        int high = ranges.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (ranges.get(middle).last < id) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low < ranges.size() && ranges.get(low).first <= id;
    }
}
