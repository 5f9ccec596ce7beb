package io.tidemark.journal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which segments make up the journal, and which positions and files open views hold. Any thread; nothing slow is done under its lock.
 *
 * <p>A view takes its position and its segments in one step, so that ageing either sees the hold or is seen by the view.
 */
final class SegmentCatalog {
    /** What a view holds until it is released. */
    static final class Hold {
        private final long position;
        private final long checkpointId;
        private final List<Segment> segments;

        private Hold(long position, long checkpointId, List<Segment> segments) {
            this.position = position;
            this.checkpointId = checkpointId;
            this.segments = segments;
        }

        /** The segments from the floor to the position, oldest first. */
        List<Segment> segments() {
            return segments;
        }

        long position() {
            return position;
        }
    }

    /** The checkpoint id of a view that was opened on none. */
    static final long NO_CHECKPOINT = Long.MAX_VALUE;

    private final List<Segment> segments;
    private final Set<Hold> holds = new HashSet<>();
    private final Map<Segment, Integer> users = new HashMap<>();
    private final List<Segment> retired = new ArrayList<>();
    private long viewFloor;

    /** @param segments oldest first; the last takes appends */
    SegmentCatalog(List<Segment> segments, long viewFloor) {
        this.segments = new ArrayList<>(segments);
        this.viewFloor = viewFloor;
    }

    synchronized List<Segment> segments() {
        return List.copyOf(segments);
    }

    synchronized Segment active() {
        return segments.getLast();
    }

    synchronized void add(Segment segment) {
        segments.add(segment);
    }

    synchronized Hold hold(long position, long checkpointId) throws JournalRefusedException {
        if (position < viewFloor) {
            throw new JournalRefusedException(
                    JournalRefusedException.Reason.NO_SUCH_CHECKPOINT,
                    "position " + position + " has aged out: history starts at position " + viewFloor
                            + " now. Choose a newer checkpoint");
        }
        List<Segment> needed = segments.stream()
                .filter(segment -> segment.header().basePosition() < position)
                .toList();
        Hold hold = new Hold(position, checkpointId, needed);
        holds.add(hold);
        needed.forEach(segment -> users.merge(segment, 1, Integer::sum));
        return hold;
    }

    synchronized void release(Hold hold) {
        if (holds.remove(hold)) {
            hold.segments.forEach(segment -> users.merge(segment, -1, (a, b) -> a + b == 0 ? null : a + b));
        }
    }

    synchronized int openViews() {
        return holds.size();
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
            long end = segments.get(i + 1).header().basePosition();
            boolean begun = end <= viewFloor;
            if (!begun && (chosen.size() >= atMost || end > bound)) {
                break;
            }
            chosen.add(segments.get(i));
            viewFloor = Math.max(viewFloor, end);
        }
        return chosen;
    }

    /** How many more segments {@link #chooseForFolding} could choose. */
    synchronized int foldable(long limit) {
        long bound =
                Math.min(limit, holds.stream().mapToLong(Hold::position).min().orElse(limit));
        int count = 0;
        while (count + 1 < segments.size() && segments.get(count + 1).header().basePosition() <= bound) {
            count++;
        }
        return count;
    }

    /** Takes segments out of the journal once the base images hold what is in them (J3). */
    synchronized void retire(List<Segment> folded) {
        segments.removeAll(folded);
        retired.addAll(folded);
    }

    /** Retired segments that no view uses any more; each is given out once. */
    synchronized List<Segment> takeUnused() {
        List<Segment> unused =
                retired.stream().filter(segment -> !users.containsKey(segment)).toList();
        retired.removeAll(unused);
        return unused;
    }

    /** Every segment whose file is open. */
    synchronized List<Segment> open() {
        List<Segment> all = new ArrayList<>(retired);
        all.addAll(segments);
        return all;
    }
}
