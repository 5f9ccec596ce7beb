package io.tidemark.control.recovery;

import io.tidemark.control.checkpoint.CheckpointView;
import io.tidemark.control.task.TaskError;
import io.tidemark.control.task.TaskId;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VpgId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A recovery operation.
 *
 * @param checkpoint the chosen one; empty until it is chosen
 * @param task the newest task of it; tasks has all, oldest first
 * @param requestedAt when it was asked for
 * @param runningAt when the hypervisor ran all of its VMs
 * @param decideAt when it is committed or rolled back by itself
 * @param error why it failed, or why its newest task did
 * @param result of a stopped test
 */
public record RecoveryView(
        OperationId id,
        RecoveryType type,
        VpgId vpg,
        String vpgName,
        RecoveryState state,
        Optional<CheckpointView> checkpoint,
        String hypervisor,
        List<RecoveredVm> vms,
        CommitPolicy commitPolicy,
        int commitAfterSeconds,
        SourceShutdown sourceShutdown,
        TaskId task,
        List<TaskId> tasks,
        Instant requestedAt,
        Optional<Instant> runningAt,
        Optional<Instant> endedAt,
        Optional<Instant> decideAt,
        Optional<TaskError> error,
        Optional<TestResult> result,
        String note) {
    public RecoveryView {
        vms = List.copyOf(vms);
        tasks = List.copyOf(tasks);
    }

    /** From the request to all guests running; empty before that. */
    public Optional<Duration> recoveryTime() {
        return runningAt.map(at -> Duration.between(requestedAt, at));
    }
}
