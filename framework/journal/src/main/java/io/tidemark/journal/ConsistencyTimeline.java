package io.tidemark.journal;

import io.tidemark.journal.batch.RecordType;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * Where in the order the contents are consistent (J6): the markers, and the state before them. Changed by the owner, read by any thread.
 */
final class ConsistencyTimeline {
    static final long INCONSISTENT = -1;

    /** Position from which a state holds → since when it is consistent, or {@link #INCONSISTENT}. */
    private final ConcurrentSkipListMap<Long, Long> states = new ConcurrentSkipListMap<>();

    /** @param consistentSince the state at the first position known; -1 for inconsistent */
    ConsistencyTimeline(long firstPosition, long consistentSince) {
        states.put(firstPosition, consistentSince);
    }

    /** Adds a marker, in order. */
    void add(long markerPosition, RecordType type) {
        states.put(
                markerPosition + 1,
                after(markerPosition, type, states.lastEntry().getValue()));
    }

    /** Whether the state at a position is known here; that of earlier ones is in the segments. */
    boolean knows(long position) {
        return position >= states.firstKey();
    }

    /** The state after a marker, by the state before it. */
    static long after(long markerPosition, RecordType type, long before) {
        if (type == RecordType.SYNC_BEGIN) {
            return INCONSISTENT;
        }
        return before == INCONSISTENT ? markerPosition + 1 : before;
    }

    /** The state of the contents after the first {@code position} records; that far back must be known. */
    ConsistencyState at(long position) {
        return sinceAt(position) == INCONSISTENT ? ConsistencyState.INCONSISTENT : ConsistencyState.CONSISTENT;
    }

    /** Since which position the contents at one are consistent; -1 if they are not. */
    long sinceAt(long position) {
        Map.Entry<Long, Long> state = states.floorEntry(position);
        return state == null ? INCONSISTENT : state.getValue();
    }

    /** Since which position the contents are consistent at the end. */
    OptionalLong latestSince() {
        long since = states.lastEntry().getValue();
        return since == INCONSISTENT ? OptionalLong.empty() : OptionalLong.of(since);
    }

    /** Forgets what is only needed for positions before one. */
    void forgetBefore(long position) {
        Long keep = states.floorKey(position);
        if (keep != null) {
            states.headMap(keep).clear();
        }
    }
}
