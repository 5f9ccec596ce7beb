package io.tidemark.journal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which runs there are, and which one is to be built next. A run of level <i>l</i> covers 4^<i>l</i> segments, and its first number less one is a
 * multiple of that. Guarded by the {@link SegmentCatalog} that owns it.
 */
final class RunCatalog {
    private static final int FAN_OUT_BITS = 2;
    static final int MAX_LEVEL = 12;

    private final Map<JournalLayout.RunName, ExtentRun> runs = new HashMap<>();
    private final Set<JournalLayout.RunName> given = new HashSet<>();
    private final List<ExtentRun> retired = new ArrayList<>();
    /** For each level the first run that may be missing. */
    private final long[] next = new long[MAX_LEVEL + 1];

    static long length(int level) {
        return 1L << (FAN_OUT_BITS * level);
    }

    private static long alignedUp(long segment, int level) {
        return Math.ceilDiv(segment - 1, length(level)) * length(level) + 1;
    }

    private static boolean starts(long segment, int level) {
        return (segment - 1) % length(level) == 0;
    }

    /** Takes a run that was found or built; not one that covers something before {@code firstSegment}. */
    boolean add(ExtentRun run, long firstSegment) {
        return run.firstSegment() >= firstSegment
                && runs.putIfAbsent(new JournalLayout.RunName(run.level(), run.firstSegment()), run) == null;
    }

    /** The longest run that starts with a segment and ends at or before another. */
    @Nullable ExtentRun longest(long first, long last) {
        for (int level = MAX_LEVEL; level > 0; level--) {
            if (starts(first, level) && first + length(level) - 1 <= last) {
                ExtentRun run = runs.get(new JournalLayout.RunName(level, first));
                if (run != null && !run.isDamaged()) {
                    return run;
                }
            }
        }
        return null;
    }

    /** The next run that could be built from the sealed segments, given out once; null if there is none. */
    JournalLayout.@Nullable RunName take(long firstSegment, long lastSealed) {
        for (int level = 1; level <= MAX_LEVEL; level++) {
            long first = Math.max(next[level], alignedUp(firstSegment, level));
            while (first + length(level) - 1 <= lastSealed) {
                JournalLayout.RunName name = new JournalLayout.RunName(level, first);
                ExtentRun known = runs.get(name);
                next[level] = first + length(level);
                if ((known == null || known.isDamaged()) && given.add(name)) {
                    if (known != null) {
                        runs.remove(name);
                        retired.add(known);
                    }
                    return name;
                }
                first = next[level];
            }
        }
        return null;
    }

    /** Takes out the runs that cover something before a segment. */
    void retireBefore(long firstSegment) {
        runs.values().removeIf(run -> {
            boolean useless = run.firstSegment() < firstSegment;
            if (useless) {
                retired.add(run);
            }
            return useless;
        });
        given.removeIf(name -> name.firstSegment() < firstSegment);
    }

    /** Retired runs that start before a segment; each is given out once. */
    List<ExtentRun> takeUnused(long firstKept) {
        List<ExtentRun> unused =
                retired.stream().filter(run -> run.firstSegment() < firstKept).toList();
        retired.removeAll(unused);
        return unused;
    }
}
