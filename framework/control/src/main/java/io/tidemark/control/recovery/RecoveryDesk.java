package io.tidemark.control.recovery;

import io.tidemark.control.ControlException;
import io.tidemark.control.ControlException.Reason;
import io.tidemark.control.ErrorCode;
import io.tidemark.control.ProviderFailures;
import io.tidemark.control.catalog.Catalog;
import io.tidemark.control.event.AlertBook;
import io.tidemark.control.event.AlertCode;
import io.tidemark.control.event.EventLog;
import io.tidemark.control.event.Severity;
import io.tidemark.control.task.TaskError;
import io.tidemark.control.task.TaskId;
import io.tidemark.control.task.TaskLog;
import io.tidemark.control.task.TaskProgram;
import io.tidemark.control.task.TaskRunner;
import io.tidemark.control.task.TaskState;
import io.tidemark.control.task.TaskStep;
import io.tidemark.control.task.TaskTarget;
import io.tidemark.control.task.TaskView;
import io.tidemark.control.time.Timer;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VpgId;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the recoveries of this site: begins their phases, decides what a failed step means, carries out automatic decisions when their
 * time has come, and goes on with everything after a restart.
 */
final class RecoveryDesk {
    private static final Logger LOG = LoggerFactory.getLogger(RecoveryDesk.class);

    /** After a restart the hypervisors are opened while recoveries go on already; that must not undo a start. */
    private static final int RESUME_PATIENCE = 8;

    private final Catalog catalog;
    private final RecoveryTable table;
    private final TaskLog tasks;
    private final TaskRunner runner;
    private final RecoveryActions actions;
    private final HandOver handOver;
    private final EventLog events;
    private final AlertBook alerts;
    private final Clock clock;
    private final Timer timer;
    private final Duration retryDelay;

    RecoveryDesk(
            Catalog catalog,
            RecoveryTable table,
            TaskLog tasks,
            TaskRunner runner,
            RecoveryActions actions,
            HandOver handOver,
            EventLog events,
            AlertBook alerts,
            Clock clock,
            Timer timer,
            Duration retryDelay) {
        this.catalog = catalog;
        this.table = table;
        this.tasks = tasks;
        this.runner = runner;
        this.actions = actions;
        this.handOver = handOver;
        this.events = events;
        this.alerts = alerts;
        this.clock = clock;
        this.timer = timer;
        this.retryDelay = retryDelay;
    }

    RecoveryOperation operation(RecoveryRecord recovery) {
        return switch (recovery.type()) {
            case TEST -> new FailoverTestOperation(recovery.id(), actions);
            case FAILOVER ->
                new LiveFailoverOperation(recovery.id(), recovery.request().sourceShutdown(), actions, handOver);
        };
    }

    /** Persists a task for a phase; part of the transaction that moves the recovery's state. */
    TaskId createTask(RecoveryRecord recovery, RecoveryPhase phase) {
        return tasks.create(
                phase.taskKind(recovery.type()),
                new TaskTarget("recovery", recovery.id().toString(), recovery.vpgName()),
                operation(recovery).titles(phase));
    }

    void launch(OperationId id, TaskId task, RecoveryPhase phase) {
        runner.launch(task, new Program(id, phase, 0));
    }

    /**
     * Begins a phase of a recovery that runs, or begins it again when it got stuck.
     *
     * @param also noted in the same transaction
     * @throws ControlException {@code RECOVERY_STATE}
     */
    void begin(OperationId id, RecoveryPhase phase, Runnable also) {
        Optional<TaskId> task = catalog.inTransaction(handle -> {
            RecoveryRecord recovery = table.get(id);
            if (recovery.state() != phase.during()) {
                table.move(id, phase.during());
            } else if (runningTask(id).isPresent()) {
                return Optional.<TaskId>empty();
            }
            also.run();
            return Optional.of(createTask(recovery, phase));
        });
        task.ifPresent(made -> launch(id, made, phase));
    }

    /** Goes on with the open recoveries of a VPG after a start; its journals are open. */
    void resume(VpgId vpg) {
        table.open(vpg).forEach(this::resume);
    }

    private void resume(RecoveryRecord recovery) {
        Optional<TaskView> running = runningTask(recovery.id());
        if (running.isPresent()) {
            TaskView task = running.get();
            runner.launch(task.id(), new Program(recovery.id(), RecoveryPhase.of(task), RESUME_PATIENCE));
            return;
        }
        switch (recovery.state()) {
            case TESTING, UNCOMMITTED -> serveAgain(recovery);
            case STOPPING -> begin(recovery.id(), RecoveryPhase.STOP, () -> {});
            case COMMITTING -> begin(recovery.id(), RecoveryPhase.COMMIT, () -> {});
            case ROLLING_BACK -> begin(recovery.id(), RecoveryPhase.ROLLBACK, () -> {});
            case STARTING ->
                LOG.atError().addKeyValue("recovery", recovery.id()).log("A starting recovery has no task");
            case STOPPED, COMMITTED, ROLLED_BACK, FAILED -> {}
        }
    }

    /** The recovered VMs still need their volumes: at the same addresses, with what they wrote. */
    private void serveAgain(RecoveryRecord recovery) {
        try {
            var _ = actions.serve(recovery.id());
            alerts.close(AlertCode.RECOVERY_STUCK, recovery.id().toString());
        } catch (ProviderException e) {
            serveLater(recovery, ProviderFailures.translate(e));
        } catch (ControlException e) {
            serveLater(recovery, e);
        }
        scheduleDecision(table.get(recovery.id()));
    }

    private void serveLater(RecoveryRecord recovery, ControlException why) {
        stuck(recovery, why);
        timer.after(retryDelay, () -> {
            RecoveryRecord now = table.get(recovery.id());
            if (now.state() == recovery.state()) {
                serveAgain(now);
            }
        });
    }

    private void scheduleDecision(RecoveryRecord recovery) {
        if (recovery.state() != RecoveryState.UNCOMMITTED || recovery.decideAt().isEmpty()) {
            return;
        }
        Duration left = Duration.between(clock.instant(), recovery.decideAt().get());
        timer.after(left.isNegative() ? Duration.ZERO : left, () -> decide(recovery.id()));
    }

    private void decide(OperationId id) {
        RecoveryRecord recovery = table.get(id);
        if (recovery.state() != RecoveryState.UNCOMMITTED) {
            return;
        }
        try {
            switch (recovery.request().commitPolicy()) {
                case AUTO_COMMIT -> begin(id, RecoveryPhase.COMMIT, () -> {});
                case AUTO_ROLLBACK -> begin(id, RecoveryPhase.ROLLBACK, () -> {});
                case NONE -> {}
            }
        } catch (ControlException e) {
            // A person was faster: the recovery is no longer uncommitted.
            LOG.atInfo().addKeyValue("recovery", id).log("The automatic decision came late: {}", e.getMessage());
        }
    }

    private Optional<TaskView> runningTask(OperationId id) {
        return tasks.of(id.toString()).stream()
                .filter(task -> task.state() == TaskState.RUNNING)
                .findFirst();
    }

    private void stuck(RecoveryRecord recovery, ControlException why) {
        alerts.open(
                AlertCode.RECOVERY_STUCK,
                recovery.id().toString(),
                Optional.of(recovery.vpg()),
                "Recovery " + recovery.id() + " of VPG '" + recovery.vpgName() + "' is stuck in " + recovery.state()
                        + ". " + why.getMessage());
    }

    private void tell(Severity severity, RecoveryRecord recovery, String text) {
        events.publish(
                severity,
                "recovery",
                Optional.of(recovery.vpg()),
                Optional.empty(),
                recovery.id().toString(),
                (recovery.type() == RecoveryType.TEST ? "Failover test" : "Failover") + " of VPG '" + recovery.vpgName()
                        + "' " + text);
    }

    /** One phase of one recovery. */
    private final class Program implements TaskProgram {
        private final OperationId id;
        private final RecoveryPhase phase;
        private int patience;

        /**
         * @param patience how often a start that meets something unreachable is tried again before it is undone
         */
        Program(OperationId id, RecoveryPhase phase, int patience) {
            this.id = id;
            this.phase = phase;
            this.patience = patience;
        }

        @Override
        public List<TaskStep> steps() {
            RecoveryRecord recovery = table.get(id);
            RecoveryOperation operation = operation(recovery);
            if (phase == RecoveryPhase.START && recovery.state() == RecoveryState.ROLLING_BACK) {
                return Stream.concat(
                                operation.steps(RecoveryPhase.START).stream(),
                                operation.steps(RecoveryPhase.ROLLBACK).stream())
                        .toList();
            }
            return operation.steps(phase);
        }

        @Override
        public Reaction failed(TaskId task, int position, ControlException why) {
            RecoveryRecord recovery = table.get(id);
            boolean starting = recovery.state() == RecoveryState.STARTING;
            if (starting && why.reason() == Reason.UNREACHABLE && patience > 0) {
                patience--;
                tasks.stepMessage(task, position, "is tried again: " + why.why());
                return Reaction.RETRY;
            }
            if (starting) {
                catalog.useTransaction(handle -> {
                    tasks.stepFailed(task, position, why.happened() + ": " + why.why());
                    tasks.appendSteps(task, operation(recovery).titles(RecoveryPhase.ROLLBACK));
                    table.setError(id, TaskError.of(why));
                    table.move(id, RecoveryState.ROLLING_BACK);
                    tell(Severity.ERROR, recovery, "failed and is undone. " + why.getMessage());
                });
                return Reaction.CONTINUE;
            }
            stuck(recovery, why);
            if (why.reason() == Reason.UNREACHABLE) {
                tasks.stepMessage(task, position, "is tried again: " + why.why());
                return Reaction.RETRY;
            }
            catalog.useTransaction(handle -> {
                tasks.stepFailed(task, position, why.happened() + ": " + why.why());
                tasks.failed(task, TaskError.of(why));
            });
            return Reaction.STOP;
        }

        @Override
        public void completed(TaskId task) {
            RecoveryRecord recovery = table.get(id);
            switch (recovery.state()) {
                case STARTING -> runs(task, recovery);
                case STOPPING -> ends(task, recovery, RecoveryState.STOPPED, "was stopped");
                case COMMITTING -> ends(task, recovery, RecoveryState.COMMITTED, "was committed");
                case ROLLING_BACK -> {
                    boolean failed = recovery.error().isPresent();
                    ends(
                            task,
                            recovery,
                            failed ? RecoveryState.FAILED : RecoveryState.ROLLED_BACK,
                            failed ? "failed; nothing of it is left" : "was rolled back");
                }
                case TESTING, STOPPED, UNCOMMITTED, COMMITTED, ROLLED_BACK, FAILED ->
                    throw ErrorCode.DEFECT.because(
                            "Task " + task + " ended", "its recovery is " + recovery.state(), "Look into the log.");
            }
        }

        private void runs(TaskId task, RecoveryRecord recovery) {
            Instant now = clock.instant();
            Optional<Instant> decideAt = recovery.request().commitPolicy() == CommitPolicy.NONE
                    ? Optional.empty()
                    : Optional.of(now.plusSeconds(recovery.request().commitAfterSeconds()));
            catalog.useTransaction(handle -> {
                table.setRunning(id, now, decideAt);
                table.move(id, operation(recovery).running());
                tell(
                        Severity.INFO,
                        recovery,
                        "runs at " + recovery.checkpoint().orElseThrow().time());
                tasks.succeeded(task);
            });
            if (recovery.type() == RecoveryType.FAILOVER) {
                alerts.open(
                        AlertCode.AWAITING_DECISION,
                        id.toString(),
                        Optional.of(recovery.vpg()),
                        "The failover of VPG '" + recovery.vpgName() + "' is not final. "
                                + decideAt.map(at -> "It is decided by itself at " + at + " ("
                                                + recovery.request().commitPolicy() + ").")
                                        .orElse("Commit it, or roll it back."));
            }
            scheduleDecision(table.get(id));
        }

        private void ends(TaskId task, RecoveryRecord recovery, RecoveryState state, String text) {
            catalog.useTransaction(handle -> {
                table.move(id, state);
                tell(state == RecoveryState.FAILED ? Severity.ERROR : Severity.INFO, recovery, text);
                if (phase == RecoveryPhase.START) {
                    tasks.failed(task, recovery.error().orElseThrow());
                } else {
                    tasks.succeeded(task);
                }
            });
            alerts.close(AlertCode.RECOVERY_STUCK, id.toString());
            alerts.close(AlertCode.AWAITING_DECISION, id.toString());
        }
    }
}
