package io.tidemark.control.recovery;

import io.tidemark.control.checkpoint.CheckpointSelector;
import java.util.Optional;

/**
 * A recovery to start.
 *
 * @param vpg id or name
 * @param commitPolicy {@code NONE} for a test
 * @param commitAfterSeconds 0 to 86,400; counts from when the VMs run; must be 0 with policy {@code NONE}
 * @param sourceShutdown {@code NONE} for a test
 * @param idempotencyKey at most 128 characters; the same key with the same request gives the same recovery, for at least 24 h
 */
public record StartRecovery(
        RecoveryType type,
        String vpg,
        CheckpointSelector checkpoint,
        CommitPolicy commitPolicy,
        int commitAfterSeconds,
        SourceShutdown sourceShutdown,
        Optional<String> idempotencyKey) {
    /** A failover test. */
    public static StartRecovery test(String vpg, CheckpointSelector checkpoint) {
        return new StartRecovery(
                RecoveryType.TEST, vpg, checkpoint, CommitPolicy.NONE, 0, SourceShutdown.NONE, Optional.empty());
    }

    /** A live failover that a person commits or rolls back. */
    public static StartRecovery failover(String vpg, CheckpointSelector checkpoint, SourceShutdown sourceShutdown) {
        return new StartRecovery(
                RecoveryType.FAILOVER, vpg, checkpoint, CommitPolicy.NONE, 0, sourceShutdown, Optional.empty());
    }
}
