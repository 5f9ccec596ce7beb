package io.tidemark.control.vpg;

import io.tidemark.control.ControlException;
import io.tidemark.control.ErrorCode;
import io.tidemark.control.FieldError;
import io.tidemark.control.event.Severity;
import io.tidemark.control.peer.Forwarded;
import io.tidemark.control.peer.PeerClient;
import io.tidemark.control.peer.PeerVerbs;
import io.tidemark.control.peer.PeerVerbs.Done;
import io.tidemark.control.task.TaskId;
import io.tidemark.control.task.TaskLog;
import io.tidemark.control.task.TaskProgram;
import io.tidemark.control.task.TaskRunner;
import io.tidemark.control.task.TaskState;
import io.tidemark.control.task.TaskTarget;
import io.tidemark.control.task.TaskView;
import io.tidemark.control.vm.VirtualMachines;
import io.tidemark.control.vpg.VpgMessages.DeleteAnswer;
import io.tidemark.control.vpg.VpgMessages.DeleteRequest;
import io.tidemark.control.vpg.VpgMessages.ScrubAnswer;
import io.tidemark.control.vpg.VpgMessages.UpdateRequest;
import io.tidemark.control.vpg.VpgMessages.VpgRequest;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Answers requests about VPGs, and resumes them when the site starts. */
public final class VpgService implements Vpgs {
    static final String CREATE = "vpg.create";
    static final String DELETE = "vpg.delete";

    private final VpgContext context;
    private final VpgRegistry registry;
    private final PeerClient peers;
    private final TaskLog tasks;
    private final TaskRunner runner;
    private final Forwarded forwarded;
    private final OpenRecovery.Lookup recoveries;
    private final StagedContents staged;
    private final CreationPlanner planner;
    private final VpgViews views;
    private final Heartbeat heartbeat;
    private final JournalScrubs scrubs;

    public VpgService(
            VpgContext context,
            VpgRegistry registry,
            VirtualMachines vms,
            PeerClient peers,
            PeerVerbs verbs,
            TaskLog tasks,
            TaskRunner runner,
            Forwarded forwarded,
            OpenRecovery.Lookup recoveries,
            StagedContents staged) {
        this.context = context;
        this.registry = registry;
        this.peers = peers;
        this.tasks = tasks;
        this.runner = runner;
        this.forwarded = forwarded;
        this.recoveries = recoveries;
        this.staged = staged;
        this.planner = new CreationPlanner(context, registry, vms, peers);
        this.views = new VpgViews(context, recoveries, staged);
        this.heartbeat = new Heartbeat(context, registry, views, peers);
        this.scrubs = new JournalScrubs(context, registry, tasks, runner);
        var _ = new VpgPeerVerbs(context, registry, views, recoveries, staged, this, verbs);
    }

    @Override
    public VpgPlan plan(CreateVpg request) {
        return planner.plan(request).plan();
    }

    @Override
    public VpgStarted create(CreateVpg request) {
        CreationPlanner.Planned planned = planner.plan(request);
        Vpg vpg = registry.add(planned.row());
        TaskId task = tasks.create(CREATE, target(vpg), CreateProgram.TITLES);
        runner.launch(task, createProgram(vpg));
        return new VpgStarted(views.view(vpg), task);
    }

    @Override
    public List<VpgView> list() {
        return registry.all().stream().map(views::view).toList();
    }

    @Override
    public VpgView get(String vpg) {
        return views.view(registry.get(vpg));
    }

    @Override
    public VpgView pause(String name) {
        return onSource(name, "vpg.pause", this::pauseHere);
    }

    @Override
    public VpgView resume(String name) {
        return onSource(name, "vpg.resume", this::resumeHere);
    }

    @Override
    public VpgView update(String name, PolicyChange change) {
        Vpg vpg = registry.get(name);
        if (vpg.definition().role() == VpgRole.PROTECTED) {
            updateHere(vpg, change);
        } else {
            // Said here already, so that a wrong field is told even where the source cannot be asked.
            checkPolicy(vpg, change.applyTo(vpg.definition().policy()));
            checkHasSource(vpg);
            var _ = peers.ask(vpg.definition().peer(), "vpg.update", new UpdateRequest(vpg.id(), change), Done.class);
        }
        return views.view(vpg);
    }

    void updateHere(Vpg vpg, PolicyChange change) {
        boolean changed = vpg.mailbox().call(() -> {
            if (vpg.lifecycle() != VpgLifecycle.ACTIVE && vpg.lifecycle() != VpgLifecycle.PAUSED) {
                throw ErrorCode.VPG_STATE.because(
                        "The policy of VPG '" + vpg.name() + "' was not changed",
                        "it is " + vpg.lifecycle(),
                        "Only the policy of a VPG that is protected or paused can be changed.");
            }
            VpgPolicy before = vpg.definition().policy();
            VpgPolicy after = change.applyTo(before);
            checkPolicy(vpg, after);
            if (after.equals(before)) {
                return false;
            }
            vpg.change(row -> row.withPolicy(after));
            if (after.checkpointIntervalSeconds() != before.checkpointIntervalSeconds()) {
                vpg.protection().orElseThrow().policyChanged();
            }
            return true;
        });
        if (!changed) {
            return;
        }
        context.events().vpg(Severity.INFO, vpg.id(), "The policy of VPG '" + vpg.name() + "' was changed");
        heartbeat.announce(vpg);
    }

    private static void checkPolicy(Vpg vpg, VpgPolicy policy) {
        List<FieldError> errors = PolicyRules.errors(policy);
        if (!errors.isEmpty()) {
            throw PolicyRules.refusal("The policy of VPG '" + vpg.name() + "' was not changed", errors);
        }
    }

    @Override
    public TaskId scrub(String name) {
        Vpg vpg = registry.get(name);
        if (vpg.definition().role() == VpgRole.RECOVERY) {
            return scrubs.start(vpg);
        }
        TaskId task = peers.ask(vpg.definition().peer(), "vpg.scrub", new VpgRequest(vpg.id()), ScrubAnswer.class)
                .task();
        forwarded.remember(task.toString(), vpg.definition().peer());
        return task;
    }

    JournalScrubs scrubs() {
        return scrubs;
    }

    @Override
    public TaskId delete(String name, DeleteVpg how) {
        Vpg vpg = registry.get(name);
        boolean sourceDecides = vpg.definition().role() == VpgRole.RECOVERY && vpg.lifecycle() == VpgLifecycle.ACTIVE;
        if (!sourceDecides) {
            return deleteHere(vpg, how);
        }
        checkNotInRecovery(vpg);
        try {
            TaskId task = peers.ask(
                            vpg.definition().peer(), "vpg.delete", new DeleteRequest(vpg.id(), how), DeleteAnswer.class)
                    .task();
            forwarded.remember(task.toString(), vpg.definition().peer());
            return task;
        } catch (ControlException e) {
            boolean forget = how.peerAbsence() == DeleteVpg.PeerAbsence.FORGET
                    && (e.errorCode() == ErrorCode.PEER_UNREACHABLE || e.errorCode() == ErrorCode.VPG_NOT_FOUND);
            if (!forget) {
                throw e;
            }
            return deleteHere(vpg, how);
        }
    }

    void pauseHere(Vpg vpg) {
        vpg.mailbox().run(() -> {
            if (vpg.lifecycle() == VpgLifecycle.PAUSED) {
                return;
            }
            vpg.transition(VpgLifecycle.PAUSED);
            vpg.protection().orElseThrow().stop();
            context.events().vpg(Severity.WARNING, vpg.id(), "VPG '" + vpg.name() + "' was paused");
        });
    }

    void resumeHere(Vpg vpg) {
        vpg.mailbox().run(() -> {
            if (vpg.lifecycle() == VpgLifecycle.ACTIVE) {
                return;
            }
            vpg.transition(VpgLifecycle.ACTIVE);
            vpg.protection().orElseThrow().start();
            context.events().vpg(Severity.INFO, vpg.id(), "VPG '" + vpg.name() + "' was resumed");
        });
    }

    TaskId deleteHere(Vpg vpg, DeleteVpg how) {
        checkNotInRecovery(vpg);
        if (vpg.protection().flatMap(Protection::report).stream()
                .anyMatch(report -> !report.openRecoveries().isEmpty())) {
            throw inRecovery(vpg);
        }
        boolean needsPeer = vpg.definition().role() == VpgRole.PROTECTED
                && vpg.lifecycle() != VpgLifecycle.FENCED
                && how.peerAbsence() == DeleteVpg.PeerAbsence.FAIL;
        if (needsPeer) {
            // Asked before anything is changed: a site that does not answer now leaves the VPG as it is.
            peers.ask(
                    vpg.definition().peer(),
                    "peer.heartbeat",
                    new VpgMessages.HeartbeatRequest(List.of()),
                    VpgMessages.HeartbeatAnswer.class);
        }
        TaskId task = vpg.mailbox().call(() -> {
            Optional<TaskView> running = runningTask(vpg, DELETE);
            if (running.isPresent()) {
                return running.get().id();
            }
            vpg.change(row -> row.withDeletion(how));
            if (vpg.lifecycle() != VpgLifecycle.DELETING) {
                vpg.transition(VpgLifecycle.DELETING);
            }
            TaskId made = tasks.create(DELETE, target(vpg), DeleteProgram.TITLES);
            runner.launch(made, deleteProgram(vpg));
            return made;
        });
        return task;
    }

    /**
     * Goes on with everything after a start.
     *
     * @param journalsOpen called for each VPG of the recovery role, once its journals are open
     */
    public void resumeAll(Consumer<Vpg> journalsOpen) {
        for (Vpg vpg : registry.all()) {
            Thread.ofVirtual().name("control-resume-" + vpg.name()).start(() -> resume(vpg, journalsOpen));
        }
        context.timer().every(context.settings().heartbeatInterval(), heartbeat::beat);
        scrubs.schedule();
    }

    private void resume(Vpg vpg, Consumer<Vpg> journalsOpen) {
        if (vpg.lifecycle() == VpgLifecycle.DELETING) {
            TaskId task = runningTask(vpg, DELETE)
                    .map(TaskView::id)
                    .orElseGet(() -> tasks.create(DELETE, target(vpg), DeleteProgram.TITLES));
            runner.launch(task, deleteProgram(vpg));
            return;
        }
        vpg.custody()
                .ifPresent(custody -> custody.resume(() -> {
                    scrubs.resume(vpg);
                    journalsOpen.accept(vpg);
                }));
        if (vpg.protection().isEmpty()) {
            return;
        }
        if (vpg.lifecycle() == VpgLifecycle.ACTIVE) {
            vpg.protection().get().start();
        }
        Optional<TaskView> creating = runningTask(vpg, CREATE);
        if (creating.isPresent()) {
            runner.launch(creating.get().id(), createProgram(vpg));
        } else if (vpg.lifecycle() == VpgLifecycle.DEFINED) {
            registry.remove(vpg);
        }
    }

    private VpgView onSource(String name, String verb, Consumer<Vpg> here) {
        Vpg vpg = registry.get(name);
        if (vpg.definition().role() == VpgRole.PROTECTED) {
            here.accept(vpg);
        } else {
            checkHasSource(vpg);
            var _ = peers.ask(vpg.definition().peer(), verb, new VpgRequest(vpg.id()), Done.class);
        }
        return views.view(vpg);
    }

    private static void checkHasSource(Vpg vpg) {
        if (vpg.lifecycle() != VpgLifecycle.ACTIVE) {
            throw ErrorCode.VPG_STATE.because(
                    "VPG '" + vpg.name() + "' was not changed",
                    "it is " + vpg.lifecycle() + " here and has no source",
                    "Protect its VMs with a new VPG.");
        }
    }

    private void checkNotInRecovery(Vpg vpg) {
        if (!recoveries.of(vpg.id()).isEmpty()) {
            throw inRecovery(vpg);
        }
    }

    private static ControlException inRecovery(Vpg vpg) {
        return ErrorCode.VPG_IN_RECOVERY.because(
                "VPG '" + vpg.name() + "' was not deleted",
                "a recovery of it is open",
                "Stop, commit or roll back the recovery first.");
    }

    private Optional<TaskView> runningTask(Vpg vpg, String kind) {
        return tasks.of(vpg.id().toString()).stream()
                .filter(task -> task.state() == TaskState.RUNNING && task.kind().equals(kind))
                .findFirst();
    }

    private TaskProgram createProgram(Vpg vpg) {
        return new CreateProgram(vpg, registry, context, peers, tasks);
    }

    private TaskProgram deleteProgram(Vpg vpg) {
        return new DeleteProgram(vpg, registry, context, peers, tasks, staged);
    }

    private static TaskTarget target(Vpg vpg) {
        return new TaskTarget("vpg", vpg.id().toString(), vpg.name());
    }
}
