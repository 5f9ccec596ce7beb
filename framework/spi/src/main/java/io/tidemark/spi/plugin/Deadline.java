package io.tidemark.spi.plugin;

import java.time.Duration;

/**
 * The latest moment at which a blocking control call has to have returned, on the monotonic clock of this process.
 *
 * @param atNanos a value of {@link System#nanoTime()}
 */
public record Deadline(long atNanos) {
    public static Deadline after(Duration duration) {
        return new Deadline(System.nanoTime() + duration.toNanos());
    }

    /** Time left; zero once passed. */
    public Duration remaining() {
        return Duration.ofNanos(Math.max(0, atNanos - System.nanoTime()));
    }

    public boolean passed() {
        return atNanos - System.nanoTime() <= 0;
    }
}
