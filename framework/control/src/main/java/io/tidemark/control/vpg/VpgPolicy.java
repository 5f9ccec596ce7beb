package io.tidemark.control.vpg;

import io.tidemark.control.dataplane.JournalPolicy;
import io.tidemark.control.dataplane.JournalPolicy.Limits;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a VPG is protected.
 *
 * @param checkpointIntervalSeconds 1 to 60
 * @param journalHistory 1 hour to 30 days
 * @param targetRpoSeconds an alert is raised when the RPO exceeds it; 1 to 86,400
 * @param journalLimits of the journals' room, and of checkpoints within the history
 */
public record VpgPolicy(
        int checkpointIntervalSeconds, Duration journalHistory, int targetRpoSeconds, Limits journalLimits) {
    /** 5 s, 24 h, 10 s, no limits. */
    public static final VpgPolicy DEFAULT = new VpgPolicy(5, Duration.ofHours(24), 10, Limits.NONE);

    /** @param journalLimits null when a peer sent the policy that knows no limits yet */
    public VpgPolicy(
            int checkpointIntervalSeconds,
            Duration journalHistory,
            int targetRpoSeconds,
            @Nullable Limits journalLimits) {
        this.checkpointIntervalSeconds = checkpointIntervalSeconds;
        this.journalHistory = journalHistory;
        this.targetRpoSeconds = targetRpoSeconds;
        this.journalLimits = journalLimits == null ? Limits.NONE : journalLimits;
    }

    /** What the journals have to know of it. */
    public JournalPolicy journal() {
        return new JournalPolicy(journalHistory, journalLimits);
    }
}
