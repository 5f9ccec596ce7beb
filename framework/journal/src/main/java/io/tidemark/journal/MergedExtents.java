package io.tidemark.journal;

/** Two walks as one: where both have bytes, those of the newer. O(1) memory. */
final class MergedExtents implements ExtentCursor {
    private final ExtentCursor newer;
    private final ExtentCursor older;
    private boolean hasNewer;
    private boolean hasOlder;
    /** Where what is left of the older cursor's extent starts. */
    private long olderStart;

    private long start;
    private long end;
    private long segment;
    private long place;

    MergedExtents(ExtentCursor newer, ExtentCursor older) {
        this.newer = newer;
        this.older = older;
        this.hasNewer = newer.next();
        advanceOlder();
    }

    private void advanceOlder() {
        hasOlder = older.next();
        olderStart = hasOlder ? older.start() : 0;
    }

    @Override
    public boolean next() {
        if (hasOlder && (!hasNewer || olderStart < newer.start())) {
            takeOlder();
            return true;
        }
        if (hasNewer) {
            takeNewer();
            return true;
        }
        return false;
    }

    private void takeOlder() {
        start = olderStart;
        end = hasNewer ? Math.min(older.end(), newer.start()) : older.end();
        segment = older.segment();
        place = ExtentCursor.placeAfter(older.place(), start - older.start());
        if (end == older.end()) {
            advanceOlder();
        } else {
            olderStart = end;
        }
    }

    private void takeNewer() {
        start = newer.start();
        end = newer.end();
        segment = newer.segment();
        place = newer.place();
        hasNewer = newer.next();
        while (hasOlder && older.end() <= end) {
            advanceOlder();
        }
        if (hasOlder && olderStart < end) {
            olderStart = end;
        }
    }

    @Override
    public long start() {
        return start;
    }

    @Override
    public long end() {
        return end;
    }

    @Override
    public long segment() {
        return segment;
    }

    @Override
    public long place() {
        return place;
    }
}
