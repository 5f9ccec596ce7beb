package io.tidemark.control.task;

import io.tidemark.control.ControlException;
import java.util.List;

/** What a task does, step by step, and what it does when a step fails. Called by the thread that runs the task. */
public interface TaskProgram {
    /** The steps of the task's record, in its order; asked anew before each step, because a failure may add some. */
    List<TaskStep> steps();

    /** A step failed. Notes in the task's record what follows from it, in one transaction, and says how to go on. */
    Reaction failed(TaskId task, int position, ControlException why);

    /** All steps are done. Ends the task's record, in one transaction with everything that follows from it. */
    void completed(TaskId task);

    /** How to go on after a failure. */
    enum Reaction {
        /** With the next open step. */
        CONTINUE,
        /** With the same step, after a pause. */
        RETRY,
        /** Not at all; the task has failed. */
        STOP
    }
}
