package io.tidemark.control.recovery;

import io.tidemark.control.task.TaskLog;
import io.tidemark.control.task.TaskView;
import java.util.List;

/** Shows recoveries: the row, and the tasks that worked on it. */
final class RecoveryViews {
    private final TaskLog tasks;

    RecoveryViews(TaskLog tasks) {
        this.tasks = tasks;
    }

    RecoveryView view(RecoveryRecord recovery) {
        List<TaskView> own = tasks.of(recovery.id().toString());
        return new RecoveryView(
                recovery.id(),
                recovery.type(),
                recovery.vpg(),
                recovery.vpgName(),
                recovery.state(),
                recovery.checkpoint(),
                recovery.hypervisor(),
                recovery.vms(),
                recovery.request().commitPolicy(),
                recovery.request().commitAfterSeconds(),
                recovery.request().sourceShutdown(),
                own.getLast().id(),
                own.stream().map(TaskView::id).toList(),
                recovery.requestedAt(),
                recovery.runningAt(),
                recovery.endedAt(),
                recovery.decideAt(),
                recovery.error().or(() -> own.getLast().error()),
                recovery.result(),
                recovery.note());
    }
}
