package io.tidemark.journal;

import java.time.Duration;
import java.util.List;

/**
 * Which of the older automatic checkpoints are kept: the further back, the fewer. Tagged, application-consistent and pinned checkpoints, the
 * newest one, and those that an open view shows are never thinned out.
 *
 * @param tiers by age, youngest first; may be empty
 */
public record Thinning(List<Tier> tiers) {
    /** Every checkpoint is kept as long as there is history. */
    public static final Thinning NONE = new Thinning(List.of());

    /**
     * Of checkpoints that are older than {@code olderThan}, the first one in each interval is kept. Intervals are counted from the epoch of
     * {@link java.time.Instant}, so that all journals of a VPG keep the same ones, and thinning twice is thinning once.
     *
     * @param olderThan &gt; 0
     * @param keepOneEvery at least 1 s
     */
    public record Tier(Duration olderThan, Duration keepOneEvery) {
        public Tier {
            if (olderThan.isNegative() || olderThan.isZero()) {
                throw new IllegalArgumentException("olderThan must be positive, not " + olderThan);
            }
            if (keepOneEvery.compareTo(Duration.ofSeconds(1)) < 0) {
                throw new IllegalArgumentException("keepOneEvery must be at least 1 s, not " + keepOneEvery);
            }
        }
    }

    public Thinning {
        tiers = List.copyOf(tiers);
        for (int i = 1; i < tiers.size(); i++) {
            Tier younger = tiers.get(i - 1);
            Tier older = tiers.get(i);
            if (older.olderThan.compareTo(younger.olderThan) <= 0
                    || older.keepOneEvery.compareTo(younger.keepOneEvery) <= 0) {
                throw new IllegalArgumentException(
                        "tiers must grow in both age and interval: " + older + " follows " + younger);
            }
        }
    }
}
