package io.tidemark.replication;

import java.time.Duration;

/**
 * Settings of the protected side.
 *
 * @param laneMemoryBytes how much one lane buffers before it turns to dirty regions; 1 MiB to 4 GiB
 * @param batchLinger how long a batch that is not full waits for more writes; 0 to 1 s
 * @param retryFirst pause before the first retry of a failed connection or attachment; doubles up to {@code retryMost}
 * @param retryMost longest pause between retries
 * @param callTimeout time limit of one control call to a hypervisor or a peer
 */
public record ReplicationSettings(
        long laneMemoryBytes, Duration batchLinger, Duration retryFirst, Duration retryMost, Duration callTimeout) {
    public static final ReplicationSettings DEFAULT = new ReplicationSettings(
            64L << 20, Duration.ofMillis(20), Duration.ofMillis(250), Duration.ofSeconds(5), Duration.ofSeconds(60));

    public ReplicationSettings {
        if (laneMemoryBytes < 1L << 20 || laneMemoryBytes > 4L << 30) {
            throw new IllegalArgumentException("lane memory must be 1 MiB to 4 GiB, got " + laneMemoryBytes);
        }
        if (batchLinger.isNegative() || batchLinger.compareTo(Duration.ofSeconds(1)) > 0) {
            throw new IllegalArgumentException("batch linger must be 0 to 1 s, got " + batchLinger);
        }
        if (!retryFirst.isPositive() || retryMost.compareTo(retryFirst) < 0 || !callTimeout.isPositive()) {
            throw new IllegalArgumentException(
                    "retry pauses and the call timeout must be positive, the longest pause last");
        }
    }
}
