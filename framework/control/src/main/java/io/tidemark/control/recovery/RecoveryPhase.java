package io.tidemark.control.recovery;

import io.tidemark.control.task.TaskView;

/** Which part of its life a task of a recovery carries out. */
enum RecoveryPhase {
    START,
    STOP,
    COMMIT,
    ROLLBACK;

    /** The kind of its task. */
    String taskKind(RecoveryType type) {
        return switch (this) {
            case START -> type == RecoveryType.TEST ? "recovery.test" : "recovery.failover";
            case STOP -> "recovery.stop";
            case COMMIT -> "recovery.commit";
            case ROLLBACK -> "recovery.rollback";
        };
    }

    /** The phase that a task carries out. */
    static RecoveryPhase of(TaskView task) {
        return switch (task.kind()) {
            case "recovery.test", "recovery.failover" -> START;
            case "recovery.stop" -> STOP;
            case "recovery.commit" -> COMMIT;
            case "recovery.rollback" -> ROLLBACK;
            default -> throw new IllegalArgumentException("task kind " + task.kind() + " is not one of a recovery");
        };
    }

    /** The state of the recovery while the phase runs. */
    RecoveryState during() {
        return switch (this) {
            case START -> RecoveryState.STARTING;
            case STOP -> RecoveryState.STOPPING;
            case COMMIT -> RecoveryState.COMMITTING;
            case ROLLBACK -> RecoveryState.ROLLING_BACK;
        };
    }
}
