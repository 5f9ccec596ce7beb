package io.tidemark.server.dataplane;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidemark.control.dataplane.MemberState;
import io.tidemark.replication.SyncKind;
import io.tidemark.replication.lane.LaneStatus;
import io.tidemark.replication.lane.LaneStatus.Link;
import io.tidemark.replication.lane.LaneStatus.Phase;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A lane in one word. */
final class ReplicationProtectionTest {
    private static MemberState state(Phase phase, Link link, @Nullable SyncKind sync) {
        return ReplicationProtection.state(
                new LaneStatus(phase, link, Optional.ofNullable(sync), "", 0, 0, 0, 0, 0, 0));
    }

    @Test
    void beforeTheFirstSyncNothingIsLost() {
        assertEquals(MemberState.WAITING, state(Phase.IDLE, Link.UP, null));
        assertEquals(MemberState.WAITING, state(Phase.PREPARED, Link.UP, SyncKind.INITIAL));
        assertEquals(MemberState.INITIAL_SYNC, state(Phase.SYNCING, Link.UP, SyncKind.INITIAL));
        assertEquals(MemberState.PROTECTED, state(Phase.STREAMING, Link.UP, SyncKind.INITIAL));
    }

    @Test
    void whatWasLostIsDegradedUntilItIsSynced() {
        assertEquals(MemberState.DEGRADED, state(Phase.IDLE, Link.UP, SyncKind.INITIAL));
        assertEquals(MemberState.DEGRADED, state(Phase.PREPARED, Link.UP, SyncKind.DELTA));
        assertEquals(MemberState.DELTA_SYNC, state(Phase.SYNCING, Link.UP, SyncKind.DELTA));
        assertEquals(MemberState.BITMAP_SYNC, state(Phase.SYNCING, Link.UP, SyncKind.BITMAP));
    }

    @Test
    void withoutALinkEverythingIsDegraded() {
        for (Phase phase : Phase.values()) {
            assertEquals(MemberState.DEGRADED, state(phase, Link.DOWN, SyncKind.INITIAL), phase.name());
        }
    }
}
