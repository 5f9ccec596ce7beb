package io.tidemark.control.task;

/** Where a task stands. */
public enum TaskState {
    RUNNING,
    SUCCEEDED,
    FAILED;

    public boolean done() {
        return this != RUNNING;
    }
}
