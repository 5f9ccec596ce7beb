package io.tidemark.control.recovery;

import io.tidemark.control.ControlException;
import io.tidemark.control.ErrorCode;
import io.tidemark.control.FieldError;
import io.tidemark.control.ProviderFailures;
import io.tidemark.control.catalog.Catalog;
import io.tidemark.control.checkpoint.CheckpointChooser;
import io.tidemark.control.checkpoint.CheckpointView;
import io.tidemark.control.checkpoint.KnownCheckpoints;
import io.tidemark.control.dataplane.JournalStore;
import io.tidemark.control.peer.PeerVerbs;
import io.tidemark.control.task.TaskId;
import io.tidemark.control.vpg.Custody;
import io.tidemark.control.vpg.TargetPreflight;
import io.tidemark.control.vpg.Vpg;
import io.tidemark.control.vpg.VpgLifecycle;
import io.tidemark.control.vpg.VpgRegistry;
import io.tidemark.control.vpg.VpgRole;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.recovery.PreflightReport;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Answers requests about recoveries: here at the recovery site, forwarded from the protected one. */
final class RecoveryService implements Recoveries {
    private static final int MAX_NOTE = 2_000;
    private static final Duration PLAN_TIMEOUT = Duration.ofSeconds(30);
    private static final int MAX_KEY = 128;
    private static final int MAX_COMMIT_AFTER_SECONDS = 86_400;

    private final Catalog catalog;
    private final Clock clock;
    private final VpgRegistry registry;
    private final JournalStore journals;
    private final RecoveryTable table;
    private final RecoveryActions actions;
    private final RecoveryDesk desk;
    private final RecoveryViews views;
    private final RecoveryForwarding forwarding;
    private final RecoveryPreflights preflights;

    RecoveryService(
            Catalog catalog,
            Clock clock,
            VpgRegistry registry,
            JournalStore journals,
            RecoveryTable table,
            RecoveryActions actions,
            RecoveryDesk desk,
            RecoveryViews views,
            RecoveryForwarding forwarding,
            RecoveryPreflights preflights,
            PeerVerbs verbs) {
        this.catalog = catalog;
        this.clock = clock;
        this.registry = registry;
        this.journals = journals;
        this.table = table;
        this.actions = actions;
        this.desk = desk;
        this.views = views;
        this.forwarding = forwarding;
        this.preflights = preflights;
        verbs.on(
                "recovery.plan",
                StartRecovery.class,
                (from, request) -> planHere(shared(request.vpg(), from), request));
        verbs.on(
                "recovery.preflight",
                RecoveryForwarding.PreflightRequest.class,
                (from, request) -> new RecoveryForwarding.PreflightAnswer(
                        preflights.ask(registry.get(request.vpg(), from), request.type())));
        verbs.on(
                "recovery.start",
                StartRecovery.class,
                (from, request) -> startHere(shared(request.vpg(), from), request));
        verbs.on(
                "recovery.list",
                RecoveryForwarding.ListRequest.class,
                (from, request) ->
                        new RecoveryForwarding.ListAnswer(listHere(Optional.of(registry.get(request.vpg(), from)))));
        verbs.on(
                "recovery.get",
                RecoveryForwarding.IdRequest.class,
                (from, request) -> views.view(shared(request.id(), from)));
        verbs.on(
                "recovery.stop",
                RecoveryForwarding.StopRequest.class,
                (from, request) -> stopHere(shared(request.id(), from), request.result(), request.note()));
        verbs.on(
                "recovery.commit",
                RecoveryForwarding.IdRequest.class,
                (from, request) -> decideHere(shared(request.id(), from), RecoveryPhase.COMMIT));
        verbs.on(
                "recovery.rollback",
                RecoveryForwarding.IdRequest.class,
                (from, request) -> decideHere(shared(request.id(), from), RecoveryPhase.ROLLBACK));
    }

    @Override
    public Optional<PreflightReport> preflight(String name, RecoveryType type) {
        Vpg vpg = registry.get(name);
        return vpg.definition().role() == VpgRole.RECOVERY
                ? preflights.ask(vpg, type)
                : forwarding.preflight(vpg, type);
    }

    @Override
    public RecoveryPlan plan(StartRecovery request) {
        checkFields(request);
        Vpg vpg = registry.get(request.vpg());
        return vpg.definition().role() == VpgRole.RECOVERY
                ? planHere(vpg, request)
                : forwarding.plan(vpg, byId(request, vpg));
    }

    @Override
    public RecoveryView start(StartRecovery request) {
        checkFields(request);
        Vpg vpg = registry.get(request.vpg());
        StartRecovery exact = byId(request, vpg);
        return vpg.definition().role() == VpgRole.RECOVERY ? startHere(vpg, exact) : forwarding.start(vpg, exact);
    }

    @Override
    public List<RecoveryView> list(Optional<String> name) {
        Optional<Vpg> vpg = name.map(registry::get);
        boolean elsewhere =
                vpg.map(found -> found.definition().role() == VpgRole.PROTECTED).orElse(true);
        List<RecoveryView> own = listHere(vpg);
        return elsewhere
                ? Stream.concat(own.stream(), forwarding.list(vpg).stream()).toList()
                : own;
    }

    @Override
    public RecoveryView get(OperationId id) {
        return table.find(id).map(views::view).orElseGet(() -> forwarding.ask("recovery.get", id));
    }

    @Override
    public RecoveryView stop(OperationId id, TestResult result, String note) {
        if (note.length() > MAX_NOTE) {
            throw invalid(List.of(new FieldError("/note", "must have at most " + MAX_NOTE + " characters")));
        }
        return table.find(id)
                .map(recovery -> stopHere(recovery, result, note))
                .orElseGet(() -> forwarding.stop(id, result, note));
    }

    @Override
    public RecoveryView commit(OperationId id) {
        return table.find(id)
                .map(recovery -> decideHere(recovery, RecoveryPhase.COMMIT))
                .orElseGet(() -> forwarding.ask("recovery.commit", id));
    }

    @Override
    public RecoveryView rollback(OperationId id) {
        return table.find(id)
                .map(recovery -> decideHere(recovery, RecoveryPhase.ROLLBACK))
                .orElseGet(() -> forwarding.ask("recovery.rollback", id));
    }

    private RecoveryPlan planHere(Vpg vpg, StartRecovery request) {
        CheckpointView checkpoint = check(vpg, request);
        RecoveryRecord recovery = draft(vpg, request);
        List<String> warnings = new ArrayList<>();
        if (request.type() == RecoveryType.FAILOVER && request.sourceShutdown() == SourceShutdown.NONE) {
            warnings.add("The source VMs are left running; what they write after the checkpoint is not recovered.");
        }
        Optional<PreflightReport> report = preflights.refuseErrors(vpg, request.type());
        report.map(TargetPreflight::warnings).ifPresent(warnings::addAll);
        List<String> names = ProviderFailures.calling(() -> RecoveryNames.choose(
                        recovery,
                        vpg.definition().members(),
                        actions.hypervisor(recovery),
                        Deadline.after(PLAN_TIMEOUT)))
                .stream()
                .flatMap(vm -> vm.name().stream())
                .toList();
        return new RecoveryPlan(
                request.type(),
                vpg.name(),
                checkpoint,
                recovery.hypervisor(),
                names,
                desk.operation(recovery).titles(RecoveryPhase.START),
                warnings,
                report);
    }

    private RecoveryView startHere(Vpg vpg, StartRecovery request) {
        Optional<RecoveryView> known = known(request);
        if (known.isPresent()) {
            return known.get();
        }
        var _ = check(vpg, request);
        preflights.checkBeforeStart(vpg, request.type());
        RecoveryRecord recovery = draft(vpg, request);
        // Checked again under the catalog's lock: two requests at the same time must not both find the VPG free.
        Optional<TaskId> task = catalog.inTransaction(handle -> {
            if (known(request).isPresent()) {
                return Optional.<TaskId>empty();
            }
            checkNoneOpen(vpg, request.type());
            table.insert(recovery);
            request.idempotencyKey().ifPresent(key -> table.insertKey(key, request, recovery.id()));
            return Optional.of(desk.createTask(recovery, RecoveryPhase.START));
        });
        if (task.isEmpty()) {
            return known(request).orElseThrow();
        }
        desk.launch(recovery.id(), task.get(), RecoveryPhase.START);
        return views.view(table.get(recovery.id()));
    }

    private List<RecoveryView> listHere(Optional<Vpg> vpg) {
        return table.list(vpg.map(Vpg::id)).stream().map(views::view).toList();
    }

    private RecoveryView stopHere(RecoveryRecord recovery, TestResult result, String note) {
        if (recovery.type() != RecoveryType.TEST) {
            throw wrongType(recovery, "stopped", "Commit it or roll it back.");
        }
        desk.begin(recovery.id(), RecoveryPhase.STOP, () -> table.setResult(recovery.id(), result, note));
        return views.view(table.get(recovery.id()));
    }

    private RecoveryView decideHere(RecoveryRecord recovery, RecoveryPhase phase) {
        boolean cleanUpOfTest = phase == RecoveryPhase.ROLLBACK && recovery.state() == RecoveryState.ROLLING_BACK;
        if (recovery.type() == RecoveryType.TEST && !cleanUpOfTest) {
            throw wrongType(
                    recovery, phase == RecoveryPhase.COMMIT ? "committed" : "rolled back", "Stop the test instead.");
        }
        desk.begin(recovery.id(), phase, () -> {});
        return views.view(table.get(recovery.id()));
    }

    private CheckpointView check(Vpg vpg, StartRecovery request) {
        VpgLifecycle lifecycle = vpg.lifecycle();
        if (lifecycle != VpgLifecycle.ACTIVE && lifecycle != VpgLifecycle.DETACHED) {
            throw refused(
                    vpg, "it is " + lifecycle, "Only a VPG that is protected, or whose journals were kept, can be.");
        }
        if (!vpg.custody().map(Custody::open).orElse(false)) {
            throw refused(
                    vpg, "its journals are not open", "See the alerts for why, or wait until this site has started.");
        }
        actions.checkTarget(vpg.definition().recoveryHypervisor());
        checkNoneOpen(vpg, request.type());
        return CheckpointChooser.choose(
                vpg.name(), ProviderFailures.calling(() -> KnownCheckpoints.read(journals, vpg)), request.checkpoint());
    }

    private void checkNoneOpen(Vpg vpg, RecoveryType type) {
        table.open(vpg.id()).stream()
                .filter(open -> open.type() == type)
                .findFirst()
                .ifPresent(open -> {
                    throw ErrorCode.RECOVERY_RUNNING.because(
                            "VPG '" + vpg.name() + "' was not recovered",
                            "a recovery of the same type (" + open.id() + ") is open and " + open.state(),
                            type == RecoveryType.TEST
                                    ? "Stop that test first."
                                    : "Commit that failover or roll it back first.");
                });
    }

    private Optional<RecoveryView> known(StartRecovery request) {
        return request.idempotencyKey().flatMap(table::findKey).map(before -> {
            if (!before.request().equals(request)) {
                throw ErrorCode.IDEMPOTENCY_KEY_REUSED.because(
                        "No recovery was started",
                        "the idempotency key was used before with a different request",
                        "Use a new key for a new request.");
            }
            return views.view(table.get(before.recovery()));
        });
    }

    private RecoveryRecord draft(Vpg vpg, StartRecovery request) {
        return new RecoveryRecord(
                OperationId.random(),
                request.type(),
                vpg.id(),
                vpg.name(),
                RecoveryState.STARTING,
                vpg.definition().recoveryHypervisor(),
                request,
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                clock.instant(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                "");
    }

    private Vpg shared(String vpg, SiteId asking) {
        return registry.get(registry.get(vpg).id(), asking);
    }

    private RecoveryRecord shared(OperationId id, SiteId asking) {
        RecoveryRecord recovery = table.find(id).orElseThrow(() -> RecoveryForwarding.unknown(id));
        var _ = registry.get(recovery.vpg(), asking);
        return recovery;
    }

    private static StartRecovery byId(StartRecovery request, Vpg vpg) {
        return new StartRecovery(
                request.type(),
                vpg.id().toString(),
                request.checkpoint(),
                request.commitPolicy(),
                request.commitAfterSeconds(),
                request.sourceShutdown(),
                request.idempotencyKey());
    }

    private static void checkFields(StartRecovery request) {
        List<FieldError> errors = new ArrayList<>();
        int after = request.commitAfterSeconds();
        if (after < 0 || after > MAX_COMMIT_AFTER_SECONDS) {
            errors.add(new FieldError("/commit/afterSeconds", "must be 0 to " + MAX_COMMIT_AFTER_SECONDS));
        } else if (after > 0 && request.commitPolicy() == CommitPolicy.NONE) {
            errors.add(
                    new FieldError("/commit/afterSeconds", "has no meaning without an automatic commit or rollback"));
        }
        if (request.type() == RecoveryType.TEST) {
            if (request.commitPolicy() != CommitPolicy.NONE) {
                errors.add(new FieldError(
                        "/commit/policy", "must be NONE for a test, which is stopped and not committed"));
            }
            if (request.sourceShutdown() != SourceShutdown.NONE) {
                errors.add(new FieldError("/sourceShutdown", "must be NONE for a test, which leaves the source alone"));
            }
        }
        if (request.idempotencyKey()
                .map(key -> key.isBlank() || key.length() > MAX_KEY)
                .orElse(false)) {
            errors.add(new FieldError("/idempotencyKey", "must have 1 to " + MAX_KEY + " characters"));
        }
        if (!errors.isEmpty()) {
            throw invalid(errors);
        }
    }

    private static ControlException invalid(List<FieldError> errors) {
        return new ControlException(
                ErrorCode.REQUEST_INVALID,
                "Nothing was done",
                errors.getFirst().pointer() + " " + errors.getFirst().detail(),
                "Correct the named fields and ask again.",
                errors,
                null);
    }

    private static ControlException refused(Vpg vpg, String why, String remedy) {
        return ErrorCode.VPG_STATE.because("VPG '" + vpg.name() + "' was not recovered", why, remedy);
    }

    private static ControlException wrongType(RecoveryRecord recovery, String verb, String remedy) {
        return ErrorCode.RECOVERY_STATE.because(
                "Recovery " + recovery.id() + " was not " + verb, "it is a " + recovery.type(), remedy);
    }
}
