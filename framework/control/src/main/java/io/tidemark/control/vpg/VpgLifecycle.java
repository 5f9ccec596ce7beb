package io.tidemark.control.vpg;

import java.util.EnumSet;
import java.util.Set;

/**
 * The persisted part of a VPG's state at one site. What syncs and recoveries are under way is not part of it: members and open recoveries
 * tell that, and {@link VpgState} shows both together.
 *
 * <pre>
 *  PROTECTED role                                   RECOVERY role
 *
 *  DEFINED ──▶ ACTIVE ◀──pause/resume──▶ PAUSED     DEFINED ──▶ ACTIVE ──journals kept──▶ DETACHED
 *     │          │ recovery site took over │           │          │ commit                  │ commit
 *     │          ▼                         ▼           │          ▼                         ▼
 *     │       FENCED ◀──────────────────────           │      FAILED_OVER ◀─────────────────┘
 *     ▼          ▼                                     ▼          ▼
 *  DELETING (from every state; the row goes at its end)
 * </pre>
 */
public enum VpgLifecycle {
    DEFINED,
    ACTIVE,
    PAUSED,
    FENCED,
    FAILED_OVER,
    DETACHED,
    DELETING;

    /** States that may follow this one at a site of the role. */
    public Set<VpgLifecycle> next(VpgRole role) {
        return switch (role) {
            case PROTECTED ->
                switch (this) {
                    case DEFINED -> EnumSet.of(ACTIVE, DELETING);
                    case ACTIVE -> EnumSet.of(PAUSED, FENCED, DELETING);
                    case PAUSED -> EnumSet.of(ACTIVE, FENCED, DELETING);
                    case FENCED -> EnumSet.of(DELETING);
                    case FAILED_OVER, DETACHED, DELETING -> EnumSet.noneOf(VpgLifecycle.class);
                };
            case RECOVERY ->
                switch (this) {
                    case DEFINED -> EnumSet.of(ACTIVE, DELETING);
                    case ACTIVE -> EnumSet.of(FAILED_OVER, DETACHED, DELETING);
                    case DETACHED -> EnumSet.of(FAILED_OVER, DELETING);
                    case FAILED_OVER -> EnumSet.of(DELETING);
                    case PAUSED, FENCED, DELETING -> EnumSet.noneOf(VpgLifecycle.class);
                };
        };
    }
}
