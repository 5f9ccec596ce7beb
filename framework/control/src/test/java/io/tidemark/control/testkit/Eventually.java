package io.tidemark.control.testkit;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits for conditions with a time limit. */
public final class Eventually {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private Eventually() {}

    public static void until(String what, BooleanSupplier condition) {
        until(() -> what, condition, () -> {});
    }

    /**
     * Waits, doing something between two looks.
     *
     * @param meanwhile for example moving the virtual time
     */
    public static void until(Supplier<String> what, BooleanSupplier condition, Runnable meanwhile) {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("not within " + LIMIT + ": " + what.get());
            }
            meanwhile.run();
            try {
                Thread.sleep(2);
            } catch (InterruptedException e) {
                throw new AssertionError("interrupted while waiting for " + what.get(), e);
            }
        }
    }
}
