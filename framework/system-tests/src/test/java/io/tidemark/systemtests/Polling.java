package io.tidemark.systemtests;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.Predicate;

/** Waits for what comes by itself, within a limit. */
final class Polling {
    /** Long enough for a busy machine: only correctness is at stake where this is used. */
    static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final Duration PAUSE = Duration.ofMillis(100);

    private Polling() {}

    /** Asks until the answer is as wanted, and returns it. */
    static <T> T until(String what, Duration limit, Callable<T> question, Predicate<T> wanted) throws Exception {
        long end = System.nanoTime() + limit.toNanos();
        T answer = question.call();
        while (!wanted.test(answer)) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError(
                        "waited " + limit.toSeconds() + " s in vain for: " + what + "; it is still " + answer);
            }
            Thread.sleep(PAUSE);
            answer = question.call();
        }
        return answer;
    }
}
