package io.tidemark.control.vpg;

import java.time.Duration;

/**
 * How a VPG is protected.
 *
 * @param checkpointIntervalSeconds 1 to 60
 * @param journalHistory 1 hour to 30 days
 * @param targetRpoSeconds an alert is raised when the RPO exceeds it; 1 to 86,400
 */
public record VpgPolicy(int checkpointIntervalSeconds, Duration journalHistory, int targetRpoSeconds) {
    /** 5 s, 24 h, 10 s. */
    public static final VpgPolicy DEFAULT = new VpgPolicy(5, Duration.ofHours(24), 10);
}
