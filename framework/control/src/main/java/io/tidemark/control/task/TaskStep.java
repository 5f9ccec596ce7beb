package io.tidemark.control.task;

import io.tidemark.spi.error.ProviderException;
import java.util.function.DoubleConsumer;

/**
 * One step of a task: idempotent, because a crash after its effect and before its note repeats it.
 *
 * @param title for people; the same in every run
 */
public record TaskStep(String title, Action action) {
    /** What the step does. */
    @FunctionalInterface
    public interface Action {
        /**
         * Does it.
         *
         * @param progress takes values from 0 to 1
         * @return what came out, for people; may be empty
         */
        String run(DoubleConsumer progress) throws ProviderException;
    }
}
