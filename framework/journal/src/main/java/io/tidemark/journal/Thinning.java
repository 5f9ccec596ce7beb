package io.tidemark.journal;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Which of the older automatic checkpoints are kept: the further back, the fewer. Tagged, application-consistent and pinned checkpoints, the
 * newest one, and those that an open view shows are never thinned out.
 *
 * <p>Each interval is a multiple of the one before, so that what an older tier keeps is what a younger one kept, whenever each journal of a VPG is
 * thinned.
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
     * <p>Where the first one is known to be damaged, the first one that is not is kept too.
     *
     * @param keepOneEvery at least 1 s; whole milliseconds
     */
    public record Tier(Duration olderThan, Duration keepOneEvery) {
        public Tier {
            if (olderThan.isNegative() || olderThan.isZero()) {
                throw new IllegalArgumentException("olderThan must be positive, not " + olderThan);
            }
            if (keepOneEvery.compareTo(Duration.ofSeconds(1)) < 0) {
                throw new IllegalArgumentException("keepOneEvery must be at least 1 s, not " + keepOneEvery);
            }
            if (keepOneEvery.toNanosPart() % 1_000_000 != 0) {
                throw new IllegalArgumentException("keepOneEvery must be whole milliseconds, not " + keepOneEvery);
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
            if (older.keepOneEvery.toMillis() % younger.keepOneEvery.toMillis() != 0) {
                throw new IllegalArgumentException(
                        "each interval must be a multiple of the one before: " + older + " follows " + younger);
            }
        }
    }

    boolean isEmpty() {
        return tiers.isEmpty();
    }

    /** The tier that a checkpoint of some time belongs to; -1 for one that is too young. */
    int tierOf(Instant time, Instant now) {
        int tier = -1;
        Duration age = Duration.between(time, now);
        while (tier + 1 < tiers.size() && age.compareTo(tiers.get(tier + 1).olderThan) > 0) {
            tier++;
        }
        return tier;
    }

    /** Which interval of a tier a time lies in. */
    long intervalOf(int tier, Instant time) {
        return Math.floorDiv(time.toEpochMilli(), tiers.get(tier).keepOneEvery.toMillis());
    }
}
