package io.tidemark.control.recovery;

import io.tidemark.control.checkpoint.CheckpointView;
import io.tidemark.control.task.TaskError;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VpgId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A recovery as it is persisted.
 *
 * @param shutDown source VMs that ran when their shutdown was asked for; empty before that
 * @param fenceEpoch the epoch that its commit gives the VPG; empty before the commit
 */
record RecoveryRecord(
        OperationId id,
        RecoveryType type,
        VpgId vpg,
        String vpgName,
        RecoveryState state,
        String hypervisor,
        StartRecovery request,
        Optional<CheckpointView> checkpoint,
        List<RecoveredVm> vms,
        Optional<List<VmId>> shutDown,
        Optional<Long> fenceEpoch,
        Instant requestedAt,
        Optional<Instant> runningAt,
        Optional<Instant> endedAt,
        Optional<Instant> decideAt,
        Optional<TaskError> error,
        Optional<TestResult> result,
        String note) {
    RecoveryRecord {
        vms = List.copyOf(vms);
    }
}
