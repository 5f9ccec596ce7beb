package io.tidemark.journal;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which segments make up the journal, and which positions and files open views hold. Any thread; nothing slow is done under its lock.
 *
 * <p>A view takes its position and its segments in one step, so that ageing either sees the hold or is seen by the view. A hold keeps all that
 * was part of the journal when it was taken.
 */
final class SegmentCatalog {
    /**
     * Part of the order.
     *
     * @param whole oldest first
     * @param partial the segment in which it ends, if it ends inside one
     */
    record Stretch(List<IndexedPart> whole, List<Segment> partial) {}

    /** What a view holds until it is released. */
    static final class Hold {
        private final long position;
        private final long checkpointId;
        private final long firstSegment;
        private final Stretch stretch;

        private Hold(long position, long checkpointId, long firstSegment, Stretch stretch) {
            this.position = position;
            this.checkpointId = checkpointId;
            this.firstSegment = firstSegment;
            this.stretch = stretch;
        }

        /** What covers the segments from the floor on that end at or before the position, oldest first: O(log segments) parts. */
        List<IndexedPart> whole() {
            return stretch.whole;
        }

        /** The segment in which the position lies, if it lies inside one. */
        List<Segment> partial() {
            return stretch.partial;
        }

        long position() {
            return position;
        }
    }

    /** The checkpoint id of a view that was opened on none. */
    static final long NO_CHECKPOINT = Long.MAX_VALUE;

    private static final long NO_POSITION = Long.MAX_VALUE;

    /** Oldest first, without gaps in their numbers. */
    private final List<Segment> segments;

    private final RunCatalog runs = new RunCatalog();
    private final Set<Hold> holds = new HashSet<>();
    private final List<Segment> retired = new ArrayList<>();
    private long viewFloor;
    /** Before this only the positions of checkpoints can be shown. */
    private long thinnedBefore;

    /** @param segments oldest first; the last takes appends */
    SegmentCatalog(List<Segment> segments, long viewFloor) {
        this.segments = new ArrayList<>(segments);
        this.viewFloor = viewFloor;
    }

    synchronized int size() {
        return segments.size();
    }

    synchronized Segment active() {
        return segments.getLast();
    }

    synchronized void add(Segment segment) {
        segments.add(segment);
    }

    synchronized List<Segment> segments() {
        return List.copyOf(segments);
    }

    /** A segment that is part of the journal, or held. */
    synchronized Segment numbered(long number) {
        long index = number - segments.getFirst().number();
        if (index >= 0 && index < segments.size()) {
            return segments.get((int) index);
        }
        return retired.stream()
                .filter(segment -> segment.number() == number)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("segment " + number + " is not held"));
    }

    /** The segment that holds the record before a position; the first one for a position at or before its start. */
    synchronized Segment before(long position) {
        return segments.get(Math.max(0, countStartingBefore(position) - 1));
    }

    private int countStartingBefore(long position) {
        int low = 0;
        int high = segments.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (segments.get(middle).basePosition() < position) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    synchronized Hold hold(long position, long checkpointId) throws JournalRefusedException {
        if (position < viewFloor) {
            throw new JournalRefusedException(
                    JournalRefusedException.Reason.NO_SUCH_CHECKPOINT,
                    "position " + position + " has aged out: history starts at position " + viewFloor
                            + " now. Choose a newer checkpoint");
        }
        if (position < thinnedBefore && checkpointId == NO_CHECKPOINT) {
            throw new JournalRefusedException(
                    JournalRefusedException.Reason.NO_SUCH_CHECKPOINT,
                    "position " + position + " lies between two checkpoints, and history was thinned out there");
        }
        long first = segments.getFirst().number();
        Hold hold = new Hold(position, checkpointId, first, upTo(first, position));
        holds.add(hold);
        return hold;
    }

    /** What makes up the records from the start of a segment to a position. */
    private Stretch upTo(long first, long position) {
        int needed = countStartingBefore(position);
        boolean lastIsWhole =
                needed == 0 || (needed < segments.size() && segments.get(needed).basePosition() == position);
        int wholeCount = lastIsWhole ? needed : needed - 1;
        return new Stretch(
                cover(first, segments.getFirst().number() + wholeCount - 1),
                List.copyOf(segments.subList(wholeCount, needed)));
    }

    /**
     * What makes up the records between two positions.
     *
     * @param first holds the first of them, and perhaps others before it
     * @param firstEnd where those of the first segment end
     * @param rest what follows the first segment
     */
    record Between(Segment first, long firstEnd, Stretch rest) {}

    /** @param from less than {@code to} */
    synchronized Between between(long from, long to) {
        int first = Math.max(0, countStartingBefore(from + 1) - 1);
        boolean inOne = first + 1 >= countStartingBefore(to);
        return inOne
                ? new Between(segments.get(first), to, new Stretch(List.of(), List.of()))
                : new Between(
                        segments.get(first),
                        segments.get(first + 1).basePosition(),
                        upTo(segments.get(first + 1).number(), to));
    }

    /** What makes up the records between a segment and a position beyond it. */
    synchronized Stretch after(Segment segment, long position) {
        return position == segment.endPosition()
                ? new Stretch(List.of(), List.of())
                : upTo(segment.number() + 1, position);
    }

    /**
     * The positions that open views show, sorted. From now on no view without a checkpoint opens before {@code newestCheckpoint}: what no
     * checkpoint needs before it may go.
     */
    synchronized long[] heldForThinning(long newestCheckpoint) {
        thinnedBefore = Math.max(thinnedBefore, newestCheckpoint);
        return holds.stream()
                .mapToLong(Hold::position)
                .filter(position -> position != NO_POSITION)
                .sorted()
                .toArray();
    }

    /** The checkpoints that views are open on. */
    synchronized Set<Long> heldCheckpoints() {
        Set<Long> held = new HashSet<>();
        holds.forEach(hold -> held.add(hold.checkpointId));
        return held;
    }

    /** The sealed segments that are not being folded, oldest first. */
    synchronized List<Segment> sealed() {
        return segments.subList(0, segments.size() - 1).stream()
                .filter(segment -> segment.basePosition() >= viewFloor)
                .toList();
    }

    /** A hold of all segments that neither keeps anything from being folded nor counts as a view. */
    synchronized Hold pin() {
        Hold hold =
                new Hold(NO_POSITION, NO_CHECKPOINT, segments.getFirst().number(), new Stretch(List.of(), List.of()));
        holds.add(hold);
        return hold;
    }

    /** Whether a segment is part of the journal. */
    synchronized boolean covers(long number) {
        return number >= segments.getFirst().number();
    }

    /** The fewest parts that make up some sealed segments, oldest first. */
    synchronized List<IndexedPart> cover(long first, long last) {
        List<IndexedPart> parts = new ArrayList<>();
        for (long number = first; number <= last; ) {
            ExtentRun run = runs.longest(number, last);
            if (run == null) {
                parts.add(numbered(number));
                number++;
            } else {
                parts.add(run);
                number = run.lastSegment() + 1;
            }
        }
        return List.copyOf(parts);
    }

    /** Takes a run that was found or built. @return false if it is of no use any more */
    synchronized boolean addRun(ExtentRun run) {
        if (!runs.add(run, segments.getFirst().number())) {
            return false;
        }
        for (long number = run.firstSegment(); run.level() == 1 && number <= run.lastSegment(); number++) {
            numbered(number).forgetIndex();
        }
        return true;
    }

    /** A run that could be built, given out once; null if there is none. */
    synchronized JournalLayout.@Nullable RunName takeMissingRun() {
        return runs.take(segments.getFirst().number(), segments.getLast().number() - 1);
    }

    synchronized void release(Hold hold) {
        holds.remove(hold);
    }

    synchronized int openViews() {
        return (int) holds.stream().filter(hold -> hold.position != NO_POSITION).count();
    }

    /** The oldest checkpoint that a view is open on; {@link #NO_CHECKPOINT} if there is none. */
    synchronized long oldestHeldCheckpoint() {
        return holds.stream().mapToLong(hold -> hold.checkpointId).min().orElse(NO_CHECKPOINT);
    }

    /**
     * The sealed segments that can be folded without taking anything from a view or from {@code limit}, oldest first, and from now on no view
     * opens before the end of the last of them.
     *
     * @param limit no segment that reaches beyond this position is chosen
     */
    synchronized List<Segment> chooseForFolding(long limit, int atMost) {
        long bound =
                Math.min(limit, holds.stream().mapToLong(Hold::position).min().orElse(limit));
        List<Segment> chosen = new ArrayList<>();
        // The last segment takes appends.
        for (int i = 0; i + 1 < segments.size(); i++) {
            long end = segments.get(i + 1).basePosition();
            boolean begun = end <= viewFloor;
            if (!begun && (chosen.size() >= atMost || end > bound)) {
                break;
            }
            chosen.add(segments.get(i));
            viewFloor = Math.max(viewFloor, end);
        }
        return chosen;
    }

    /** The position before which so many of the oldest segments lie; at most where the last one starts. */
    synchronized long startAfter(long count) {
        return segments.get((int) Math.min(count, segments.size() - 1L)).basePosition();
    }

    /** How many more segments {@link #chooseForFolding} could choose. */
    synchronized int foldable(long limit) {
        long bound =
                Math.min(limit, holds.stream().mapToLong(Hold::position).min().orElse(limit));
        int count = 0;
        while (count + 1 < segments.size() && segments.get(count + 1).basePosition() <= bound) {
            count++;
        }
        return count;
    }

    /** Takes the oldest segments out of the journal once the base images hold what is in them (J3). */
    synchronized void retire(List<Segment> folded) {
        segments.removeAll(new HashSet<>(folded));
        retired.addAll(folded);
        runs.retireBefore(segments.getFirst().number());
    }

    /** Retired segments that no hold keeps any more; each is given out once. */
    synchronized List<Segment> takeUnused() {
        long kept = firstKept();
        List<Segment> unused =
                retired.stream().filter(segment -> segment.number() < kept).toList();
        retired.removeAll(unused);
        return unused;
    }

    /** Runs that cover retired segments and are in no hold any more; each is given out once. */
    synchronized List<ExtentRun> takeUnusedRuns() {
        return runs.takeUnused(firstKept());
    }

    /** Nothing with a smaller number is in use. */
    private long firstKept() {
        return holds.stream()
                .mapToLong(hold -> hold.firstSegment)
                .min()
                .orElse(segments.getFirst().number());
    }

    /** Every segment whose file may be open. */
    synchronized List<Segment> all() {
        List<Segment> all = new ArrayList<>(retired);
        all.addAll(segments);
        return all;
    }
}
