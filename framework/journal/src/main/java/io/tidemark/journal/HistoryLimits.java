package io.tidemark.journal;

import java.time.Duration;

/**
 * How much history is kept.
 *
 * @param history checkpoints that are older go; &gt; 0
 * @param maxBytes what the journal may take on disk; &gt; 0
 * @param whenFull what happens when that is not enough for the history
 * @param thinning which checkpoints within the history go all the same
 */
public record HistoryLimits(Duration history, long maxBytes, WhenFull whenFull, Thinning thinning) {
    /** What gives way when a journal is full. */
    public enum WhenFull {
        /** History: the oldest checkpoints go before their time. */
        SHORTEN,
        /** The source: its lane is slowed down, {@link HistoryForecast#advice} says when. */
        SLOW,
        /** Protection: no more is taken, {@link HistoryForecast#advice} says when. */
        STOP
    }

    public HistoryLimits {
        if (history.isNegative() || history.isZero()) {
            throw new IllegalArgumentException("history must be positive, not " + history);
        }
        if (maxBytes <= 0) {
            throw new IllegalArgumentException("maxBytes must be positive, not " + maxBytes);
        }
    }
}
