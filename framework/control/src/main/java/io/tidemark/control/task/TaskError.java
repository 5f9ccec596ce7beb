package io.tidemark.control.task;

import io.tidemark.control.ControlException;
import io.tidemark.control.ControlException.Reason;

/**
 * Why a task failed.
 *
 * @param code for example {@code TDM-1901}
 */
public record TaskError(Reason reason, String code, String happened, String why, String remedy) {
    public static TaskError of(ControlException exception) {
        return new TaskError(
                exception.reason(), exception.code(), exception.happened(), exception.why(), exception.remedy());
    }

    /** One line for people. */
    public String text() {
        return happened + ": " + why + ". " + remedy;
    }
}
