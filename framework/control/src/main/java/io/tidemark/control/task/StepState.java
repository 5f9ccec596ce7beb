package io.tidemark.control.task;

/** Where a step stands. */
public enum StepState {
    PENDING,
    RUNNING,
    SUCCEEDED,
    FAILED,
    /** Will not be done, because an earlier step failed. */
    SKIPPED
}
