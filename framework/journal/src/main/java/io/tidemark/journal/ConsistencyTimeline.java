package io.tidemark.journal;

import io.tidemark.journal.batch.RecordType;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * Where in the order the contents are consistent (J6): the markers, and the state before them. Changed by the owner, read by any thread.
 */
final class ConsistencyTimeline {
    private static final long INCONSISTENT = -1;

    /** Position from which a state holds → since when it is consistent, or {@link #INCONSISTENT}. */
    private final ConcurrentSkipListMap<Long, Long> states = new ConcurrentSkipListMap<>();

    /** @param consistentSince the state at the first position known; -1 for inconsistent */
    ConsistencyTimeline(long firstPosition, long consistentSince) {
        states.put(firstPosition, consistentSince);
    }

    /** Adds a marker, in order. */
    void add(long markerPosition, RecordType type) {
        long after = markerPosition + 1;
        long before = states.lastEntry().getValue();
        states.put(after, type == RecordType.SYNC_BEGIN ? INCONSISTENT : before == INCONSISTENT ? after : before);
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
