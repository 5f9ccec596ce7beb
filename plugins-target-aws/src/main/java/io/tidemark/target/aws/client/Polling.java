package io.tidemark.target.aws.client;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import java.time.Duration;
import java.util.Optional;

/** Waits for something at AWS by looking at it again and again, with growing pauses, on the caller's thread. */
public final class Polling {
    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    private Polling() {}

    /** A look; empty means: not yet. */
    @FunctionalInterface
    public interface Look<T> {
        Optional<T> look() throws ProviderException;
    }

    /** @throws ProviderException {@code RETRY_LATER} when the deadline passes first */
    public static <T> T until(String happened, Deadline deadline, Look<T> look) throws ProviderException {
        Duration pause = FIRST_PAUSE;
        while (true) {
            Optional<T> seen = look.look();
            if (seen.isPresent()) {
                return seen.get();
            }
            AwsFailures.requireTime(happened, deadline);
            pause(happened, pause.compareTo(deadline.remaining()) < 0 ? pause : deadline.remaining());
            pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
        }
    }

    /** Sleeps. */
    public static void pause(String happened, Duration pause) throws ProviderException {
        try {
            Thread.sleep(pause);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new ProviderException(
                    FailureKind.RETRY_LATER, happened, "the call was interrupted", "It is tried again.", interrupted);
        }
    }
}
