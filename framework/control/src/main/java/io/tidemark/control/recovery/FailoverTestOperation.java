package io.tidemark.control.recovery;

import io.tidemark.control.task.TaskStep;
import io.tidemark.spi.id.OperationId;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs a VPG's VMs at a checkpoint, isolated, and throws them away; replication goes on all the while.
 *
 * <pre>
 *  start:  Choose checkpoint ▶ Pin checkpoint ▶ Serve volumes ▶ Create VMs ▶ Start VMs   ▶ TESTING
 *  stop:   Discard VMs ▶ Release volumes ▶ Unpin checkpoint                              ▶ STOPPED
 *  a step of start that fails: as stop                                                   ▶ FAILED
 * </pre>
 */
final class FailoverTestOperation implements RecoveryOperation {
    private final OperationId id;
    private final RecoveryActions actions;

    FailoverTestOperation(OperationId id, RecoveryActions actions) {
        this.id = id;
        this.actions = actions;
    }

    @Override
    public List<TaskStep> steps(RecoveryPhase phase) {
        return switch (phase) {
            case START -> bringUp(id, actions);
            case STOP, ROLLBACK -> tearDown(id, actions);
            case COMMIT -> throw new IllegalArgumentException("a failover test is never committed");
        };
    }

    @Override
    public RecoveryState running() {
        return RecoveryState.TESTING;
    }

    /** From a checkpoint to running VMs; the same for every recovery. */
    static List<TaskStep> bringUp(OperationId id, RecoveryActions actions) {
        return List.of(
                new TaskStep("Choose checkpoint", progress -> actions.chooseCheckpoint(id)),
                new TaskStep("Pin checkpoint", progress -> actions.pinCheckpoint(id)),
                new TaskStep("Serve volumes", progress -> actions.serve(id).size() + " volumes"),
                new TaskStep("Create VMs", progress -> actions.createVms(id, progress)),
                new TaskStep("Start VMs", progress -> actions.startVms(id, progress)));
    }

    /** Removes everything that bringing up made. */
    static List<TaskStep> tearDown(OperationId id, RecoveryActions actions) {
        List<TaskStep> steps = new ArrayList<>();
        steps.add(new TaskStep("Discard VMs", progress -> actions.discardVms(id)));
        steps.add(new TaskStep("Release volumes", progress -> actions.releaseVolumes(id)));
        steps.add(new TaskStep("Unpin checkpoint", progress -> actions.unpinCheckpoint(id)));
        return List.copyOf(steps);
    }
}
