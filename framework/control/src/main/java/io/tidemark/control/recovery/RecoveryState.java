package io.tidemark.control.recovery;

import java.util.EnumSet;
import java.util.Set;

/**
 * Where a recovery stands.
 *
 * <pre>
 *            TEST                                     FAILOVER
 *
 *          STARTING ──failed──▶ ROLLING_BACK ◀──failed── STARTING
 *              │                     │  │                    │
 *              ▼                     │  │                    ▼
 *           TESTING                  │  │     ┌──rollback── UNCOMMITTED
 *              │ stop                ▼  │     ▼              │ commit
 *              ▼                  FAILED└──ROLLING_BACK      ▼
 *          STOPPING                           │          COMMITTING
 *              │                              ▼              │
 *              ▼                         ROLLED_BACK         ▼
 *           STOPPED                                      COMMITTED
 * </pre>
 *
 * {@code STOPPING}, {@code ROLLING_BACK} and {@code COMMITTING} only go forward: a step that fails there is tried again.
 */
public enum RecoveryState {
    STARTING,
    TESTING,
    STOPPING,
    STOPPED,
    UNCOMMITTED,
    COMMITTING,
    COMMITTED,
    ROLLING_BACK,
    ROLLED_BACK,
    /** Could not be started; what it had made was removed. */
    FAILED;

    /** States that may follow this one for a recovery of the type. */
    public Set<RecoveryState> next(RecoveryType type) {
        return switch (type) {
            case TEST ->
                switch (this) {
                    case STARTING -> EnumSet.of(TESTING, ROLLING_BACK);
                    case TESTING -> EnumSet.of(STOPPING);
                    case STOPPING -> EnumSet.of(STOPPED);
                    case ROLLING_BACK -> EnumSet.of(FAILED);
                    case STOPPED, UNCOMMITTED, COMMITTING, COMMITTED, ROLLED_BACK, FAILED ->
                        EnumSet.noneOf(RecoveryState.class);
                };
            case FAILOVER ->
                switch (this) {
                    case STARTING -> EnumSet.of(UNCOMMITTED, ROLLING_BACK);
                    case UNCOMMITTED -> EnumSet.of(COMMITTING, ROLLING_BACK);
                    case COMMITTING -> EnumSet.of(COMMITTED);
                    case ROLLING_BACK -> EnumSet.of(ROLLED_BACK, FAILED);
                    case TESTING, STOPPING, STOPPED, COMMITTED, ROLLED_BACK, FAILED ->
                        EnumSet.noneOf(RecoveryState.class);
                };
        };
    }

    /** Nothing will happen any more, and nothing of the recovery is left but what was committed. */
    public boolean finished() {
        return switch (this) {
            case STOPPED, COMMITTED, ROLLED_BACK, FAILED -> true;
            case STARTING, TESTING, STOPPING, UNCOMMITTED, COMMITTING, ROLLING_BACK -> false;
        };
    }
}
