package io.tidemark.control.vpg;

import io.tidemark.control.dataplane.JournalPolicy.Limits;
import io.tidemark.control.dataplane.JournalPolicy.Tier;
import io.tidemark.control.dataplane.JournalPolicy.WhenFull;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What to change of a VPG's policy; what is empty stays as it is.
 *
 * @param journalLimitBytes {@link #NO_LIMIT} takes the limit away
 * @param thinning all tiers; an empty list ends thinning
 */
public record PolicyChange(
        Optional<Integer> checkpointIntervalSeconds,
        Optional<Duration> journalHistory,
        Optional<Integer> targetRpoSeconds,
        Optional<Long> journalLimitBytes,
        Optional<WhenFull> whenFull,
        Optional<List<Tier>> thinning) {
    /** In place of a limit: there shall be none. */
    public static final long NO_LIMIT = 0;

    /** The policy after the change. */
    public VpgPolicy applyTo(VpgPolicy policy) {
        Limits limits = policy.journalLimits();
        return new VpgPolicy(
                checkpointIntervalSeconds.orElse(policy.checkpointIntervalSeconds()),
                journalHistory.orElse(policy.journalHistory()),
                targetRpoSeconds.orElse(policy.targetRpoSeconds()),
                new Limits(
                        journalLimitBytes
                                .map(Optional::of)
                                .orElse(limits.maxBytes())
                                .filter(bytes -> bytes != NO_LIMIT),
                        whenFull.orElse(limits.whenFull()),
                        thinning.orElse(limits.thinning())));
    }
}
