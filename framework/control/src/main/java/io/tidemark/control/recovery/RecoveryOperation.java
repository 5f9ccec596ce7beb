package io.tidemark.control.recovery;

import io.tidemark.control.task.TaskStep;
import java.util.List;

/** One verb of recovery: what it does in each phase, step by step. The states are in {@link RecoveryState}. */
sealed interface RecoveryOperation permits FailoverTestOperation, LiveFailoverOperation {
    /** The steps of a phase, in order; always the same for the same recovery. */
    List<TaskStep> steps(RecoveryPhase phase);

    /** The state that the recovery has once it runs. */
    RecoveryState running();

    default List<String> titles(RecoveryPhase phase) {
        return steps(phase).stream().map(TaskStep::title).toList();
    }
}
