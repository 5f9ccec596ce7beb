package io.tidemark.control.recovery;

import io.tidemark.control.task.TaskStep;
import io.tidemark.spi.id.OperationId;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs a VPG's VMs at a checkpoint for good, once committed. Until then the journal goes on receiving, so that a rollback loses nothing;
 * the source is fenced off first thing in the commit, before anything of the recovered VMs becomes final (J7).
 *
 * <pre>
 *  start:    [Shut down source VMs ▶] Choose checkpoint ▶ Pin checkpoint ▶ Serve volumes ▶ Create VMs ▶ Start VMs  ▶ UNCOMMITTED
 *  commit:   Fence the source ▶ Tell the source ▶ Promote VMs ▶ Release volumes ▶ Unpin checkpoint ▶ Hand over     ▶ COMMITTED
 *  rollback: Discard VMs ▶ Release volumes ▶ Unpin checkpoint [▶ Start source VMs again]                           ▶ ROLLED_BACK
 *  a step of start that fails: as rollback                                                                         ▶ FAILED
 * </pre>
 */
final class LiveFailoverOperation implements RecoveryOperation {
    private final OperationId id;
    private final SourceShutdown shutdown;
    private final RecoveryActions actions;
    private final HandOver handOver;

    LiveFailoverOperation(OperationId id, SourceShutdown shutdown, RecoveryActions actions, HandOver handOver) {
        this.id = id;
        this.shutdown = shutdown;
        this.actions = actions;
        this.handOver = handOver;
    }

    @Override
    public List<TaskStep> steps(RecoveryPhase phase) {
        List<TaskStep> steps = new ArrayList<>();
        switch (phase) {
            case START -> {
                if (shutdown != SourceShutdown.NONE) {
                    steps.add(new TaskStep("Shut down source VMs", progress -> handOver.shutDownSource(id)));
                }
                steps.addAll(FailoverTestOperation.bringUp(id, actions));
            }
            case COMMIT -> {
                steps.add(new TaskStep("Fence the source", progress -> handOver.fenceSource(id)));
                steps.add(new TaskStep("Tell the source", progress -> handOver.tellSource(id)));
                steps.add(new TaskStep("Promote VMs", progress -> actions.promoteVms(id, progress)));
                steps.add(new TaskStep("Release volumes", progress -> actions.releaseVolumes(id)));
                steps.add(new TaskStep("Unpin checkpoint", progress -> actions.unpinCheckpoint(id)));
                steps.add(new TaskStep("Hand over", progress -> handOver.handOver(id)));
            }
            case ROLLBACK -> {
                steps.addAll(FailoverTestOperation.tearDown(id, actions));
                if (shutdown != SourceShutdown.NONE) {
                    steps.add(new TaskStep("Start source VMs again", progress -> handOver.startSource(id)));
                }
            }
            case STOP -> throw new IllegalArgumentException("a live failover is committed or rolled back, not stopped");
        }
        return List.copyOf(steps);
    }

    @Override
    public RecoveryState running() {
        return RecoveryState.UNCOMMITTED;
    }
}
