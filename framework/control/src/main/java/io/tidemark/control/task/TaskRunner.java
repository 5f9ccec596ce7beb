package io.tidemark.control.task;

import io.tidemark.control.ControlException;
import io.tidemark.control.ErrorCode;
import io.tidemark.control.ProviderFailures;
import io.tidemark.control.time.Timer;
import io.tidemark.spi.error.ProviderException;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs programs, each on a virtual thread of its own, from the first step that is not noted as done. After {@link #close} no further
 * step is begun; the next start of the site goes on from there.
 */
public final class TaskRunner implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TaskRunner.class);

    private final TaskLog tasks;
    private final Timer timer;
    private final Duration retryDelay;
    private volatile boolean closed;

    public TaskRunner(TaskLog tasks, Timer timer, Duration retryDelay) {
        this.tasks = tasks;
        this.timer = timer;
        this.retryDelay = retryDelay;
    }

    /** Begins or resumes a task. Returns at once. */
    public void launch(TaskId task, TaskProgram program) {
        Thread.ofVirtual()
                .name("control-task-" + task)
                .uncaughtExceptionHandler((thread, cause) -> LOG.atError()
                        .setCause(cause)
                        .addKeyValue("task", task)
                        .log("A task died; it goes on at the next start"))
                .start(() -> run(task, program));
    }

    @Override
    public void close() {
        closed = true;
    }

    private void run(TaskId task, TaskProgram program) {
        while (!closed) {
            OptionalInt open = tasks.firstOpenStep(task);
            if (open.isEmpty()) {
                program.completed(task);
                return;
            }
            TaskProgram.Reaction reaction = runStep(task, program, open.getAsInt());
            switch (reaction) {
                case CONTINUE -> {}
                case RETRY -> {
                    timer.after(retryDelay, () -> launch(task, program));
                    return;
                }
                case STOP -> {
                    return;
                }
            }
        }
    }

    private TaskProgram.Reaction runStep(TaskId task, TaskProgram program, int position) {
        List<TaskStep> steps = program.steps();
        ControlException why;
        try {
            tasks.stepStarted(task, position);
            String message = steps.get(position).action().run(fraction -> tasks.stepProgress(task, fraction));
            tasks.stepSucceeded(task, position, message);
            return TaskProgram.Reaction.CONTINUE;
        } catch (ProviderException e) {
            why = ProviderFailures.translate(e);
        } catch (ControlException e) {
            why = e;
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).addKeyValue("task", task).log("A step met a defect");
            why = ErrorCode.DEFECT.because(
                    "Step '" + steps.get(position).title() + "' failed", "of a defect: " + e, "Look into the log.");
        }
        return closed ? TaskProgram.Reaction.STOP : program.failed(task, position, why);
    }
}
