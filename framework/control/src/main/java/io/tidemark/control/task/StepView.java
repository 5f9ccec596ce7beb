package io.tidemark.control.task;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * One step of a task.
 *
 * @param title for people; the same in every run of the same kind of task
 * @param message what came out, for people; may be empty
 */
public record StepView(
        String title, StepState state, Optional<Instant> startedAt, Optional<Instant> endedAt, String message) {
    /** How long it took; empty while it has not ended. */
    public Optional<Duration> duration() {
        return startedAt.flatMap(start -> endedAt.map(end -> Duration.between(start, end)));
    }
}
