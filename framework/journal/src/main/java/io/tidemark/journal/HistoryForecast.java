package io.tidemark.journal;

import java.time.Duration;
import java.util.Optional;

/**
 * Whether the wanted history will fit.
 *
 * @param usedBytes what the journal takes now
 * @param maxBytes what it may take
 * @param bytesPerHour how fast records came, over the history that there is; 0 if that is not known yet
 * @param fitting how much history fits at that rate; empty if the rate is not known
 * @param advice what is to be done now by whoever feeds the journal
 * @param historyWillShrink whether the wanted history does not fit at the present rate
 */
public record HistoryForecast(
        long usedBytes,
        long maxBytes,
        long bytesPerHour,
        Optional<Duration> fitting,
        Advice advice,
        boolean historyWillShrink) {
    /** What the sender's side should do. */
    public enum Advice {
        GO_ON,
        SLOW_DOWN,
        STOP
    }
}
