package io.tidemark.control.task;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A task.
 *
 * @param kind {@code vpg.create}, {@code vpg.delete}, {@code vpg.scrub}, {@code recovery.test}, {@code recovery.failover}, {@code recovery.stop},
 *     {@code recovery.commit} or {@code recovery.rollback}
 * @param progress 0 to 1
 */
public record TaskView(
        TaskId id,
        String kind,
        TaskTarget target,
        TaskState state,
        double progress,
        Instant createdAt,
        Optional<Instant> endedAt,
        List<StepView> steps,
        Optional<TaskError> error) {
    public TaskView {
        steps = List.copyOf(steps);
    }
}
