package io.tidemark.control.vpg;

import io.tidemark.control.ControlException;
import io.tidemark.control.ErrorCode;
import io.tidemark.control.FieldError;
import io.tidemark.control.dataplane.JournalPolicy.Tier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Says everything that is wrong with a policy. */
final class PolicyRules {
    private static final Duration MIN_HISTORY = Duration.ofHours(1);
    private static final Duration MAX_HISTORY = Duration.ofDays(30);
    /** Below this not even an empty journal has room. */
    private static final long MIN_LIMIT_BYTES = 64L << 20;

    private static final int MAX_TIERS = 8;
    private static final Duration MIN_TIER_AGE = Duration.ofMinutes(1);

    private PolicyRules() {}

    static List<FieldError> errors(VpgPolicy policy) {
        List<FieldError> errors = new ArrayList<>();
        if (policy.checkpointIntervalSeconds() < 1 || policy.checkpointIntervalSeconds() > 60) {
            errors.add(new FieldError("/checkpointIntervalSeconds", "must be 1 to 60"));
        }
        if (policy.journalHistory().compareTo(MIN_HISTORY) < 0
                || policy.journalHistory().compareTo(MAX_HISTORY) > 0) {
            errors.add(new FieldError("/journalHistory", "must be 1 hour to 30 days"));
        }
        if (policy.targetRpoSeconds() < 1 || policy.targetRpoSeconds() > 86_400) {
            errors.add(new FieldError("/targetRpoSeconds", "must be 1 to 86400"));
        }
        if (policy.journalLimits()
                .maxBytes()
                .filter(bytes -> bytes < MIN_LIMIT_BYTES)
                .isPresent()) {
            errors.add(new FieldError("/journalLimitBytes", "must be at least " + MIN_LIMIT_BYTES + " (64 MiB)"));
        }
        tiers(policy.journalLimits().thinning(), errors);
        return errors;
    }

    private static void tiers(List<Tier> tiers, List<FieldError> errors) {
        if (tiers.size() > MAX_TIERS) {
            errors.add(new FieldError("/thinning", "must have at most " + MAX_TIERS + " tiers"));
        }
        for (int i = 0; i < tiers.size(); i++) {
            Tier tier = tiers.get(i);
            String pointer = "/thinning/" + i;
            if (tier.olderThan().compareTo(MIN_TIER_AGE) < 0) {
                errors.add(new FieldError(pointer + "/olderThanSeconds", "must be at least 60"));
            }
            if (tier.keepOneEvery().compareTo(Duration.ofSeconds(1)) < 0) {
                errors.add(new FieldError(pointer + "/keepOneEverySeconds", "must be at least 1"));
            }
            if (i > 0 && tier.olderThan().compareTo(tiers.get(i - 1).olderThan()) <= 0) {
                errors.add(new FieldError(
                        pointer + "/olderThanSeconds", "must be more than that of the tier before: youngest first"));
            }
            if (i > 0) {
                interval(tier, tiers.get(i - 1), pointer + "/keepOneEverySeconds", errors);
            }
        }
    }

    private static void interval(Tier tier, Tier younger, String pointer, List<FieldError> errors) {
        long every = tier.keepOneEvery().toMillis();
        long youngerEvery = younger.keepOneEvery().toMillis();
        if (every <= youngerEvery) {
            errors.add(new FieldError(pointer, "must be more than that of the tier before: the older, the fewer"));
        } else if (youngerEvery > 0 && every % youngerEvery != 0) {
            errors.add(new FieldError(
                    pointer,
                    "must be a multiple of that of the tier before (" + youngerEvery / 1000
                            + "): what an older tier keeps must be what the younger one kept"));
        }
    }

    /** A refusal that names all wrong fields. */
    static ControlException refusal(String happened, List<FieldError> errors) {
        FieldError first = errors.getFirst();
        return new ControlException(
                ErrorCode.REQUEST_INVALID,
                happened,
                first.pointer() + " " + first.detail()
                        + (errors.size() > 1 ? ", and " + (errors.size() - 1) + " more" : ""),
                "Correct the named fields and ask again.",
                errors,
                null);
    }
}
