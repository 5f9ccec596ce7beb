package io.tidemark.control.task;

import io.tidemark.control.Page;
import java.time.Duration;
import java.util.Optional;

/** Long work, running and done. Tasks of forwarded requests are read from the site that runs them. */
public interface Tasks {
    /** One task; {@code TASK_NOT_FOUND} when it is unknown. */
    TaskView get(TaskId task);

    /**
     * This site's tasks, newest first.
     *
     * @param cursor {@code nextCursor} of the page before
     * @param limit 1 to 1,000
     */
    Page<TaskView> list(Optional<String> cursor, int limit);

    /** Waits until the task is done or the time is over, and returns it as it is then. */
    TaskView await(TaskId task, Duration atMost);
}
