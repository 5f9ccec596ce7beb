package io.tidemark.control.dataplane;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How much history the journals of a VPG keep together, and what gives way when they may not take more room.
 *
 * @param history how far back one can go; positive
 * @param limits of room and of checkpoints within the history
 */
public record JournalPolicy(Duration history, Limits limits) {
    /** What happens when journals have reached their limit. */
    public enum WhenFull {
        /** History: the oldest checkpoints go before their time. */
        SHORTEN,
        /** The protected site: its writes are taken more slowly. The guests are not slowed down. */
        SLOW,
        /** Protection: nothing more is taken until there is room. */
        STOP
    }

    /**
     * Limits besides time.
     *
     * @param maxBytes what all journals of the VPG may take together, with base images; empty for no limit
     * @param thinning by age, youngest first
     */
    public record Limits(Optional<Long> maxBytes, WhenFull whenFull, List<Tier> thinning) {
        /** No limit, no thinning. */
        public static final Limits NONE = new Limits(Optional.empty(), WhenFull.SHORTEN, List.of());

        public Limits {
            thinning = List.copyOf(thinning);
        }
    }

    /**
     * Of the automatic checkpoints that are older than {@code olderThan}, one in each interval is kept.
     *
     * @param olderThan positive; grows from tier to tier
     * @param keepOneEvery at least 1 s; grows from tier to tier, each a multiple of the one before
     */
    public record Tier(Duration olderThan, Duration keepOneEvery) {}
}
