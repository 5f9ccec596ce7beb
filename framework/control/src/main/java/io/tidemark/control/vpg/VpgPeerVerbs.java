package io.tidemark.control.vpg;

import io.tidemark.control.ErrorCode;
import io.tidemark.control.ProviderFailures;
import io.tidemark.control.event.AlertCode;
import io.tidemark.control.event.Severity;
import io.tidemark.control.peer.PeerVerbs;
import io.tidemark.control.peer.PeerVerbs.Done;
import io.tidemark.control.vpg.VpgMessages.CheckAnswer;
import io.tidemark.control.vpg.VpgMessages.CheckRequest;
import io.tidemark.control.vpg.VpgMessages.DeleteAnswer;
import io.tidemark.control.vpg.VpgMessages.DeleteRequest;
import io.tidemark.control.vpg.VpgMessages.FenceRequest;
import io.tidemark.control.vpg.VpgMessages.HeartbeatAnswer;
import io.tidemark.control.vpg.VpgMessages.HeartbeatRequest;
import io.tidemark.control.vpg.VpgMessages.PowerRequest;
import io.tidemark.control.vpg.VpgMessages.PrepareRequest;
import io.tidemark.control.vpg.VpgMessages.RemoveRequest;
import io.tidemark.control.vpg.VpgMessages.ScrubAnswer;
import io.tidemark.control.vpg.VpgMessages.UpdateRequest;
import io.tidemark.control.vpg.VpgMessages.VpgRequest;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.recovery.PreflightReport;
import io.tidemark.spi.recovery.RecoveryVmSpec.Purpose;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Answers what the other site of a VPG asks about it. */
final class VpgPeerVerbs {
    private final VpgContext context;
    private final VpgRegistry registry;
    private final VpgViews views;
    private final OpenRecovery.Lookup recoveries;
    private final StagedContents staged;
    private final TargetPreflight preflight;

    VpgPeerVerbs(
            VpgContext context,
            VpgRegistry registry,
            VpgViews views,
            OpenRecovery.Lookup recoveries,
            StagedContents staged,
            VpgService service,
            PeerVerbs verbs) {
        this.context = context;
        this.registry = registry;
        this.views = views;
        this.recoveries = recoveries;
        this.staged = staged;
        this.preflight = new TargetPreflight(context.dataPlane().hypervisors());
        SourceVms vms = new SourceVms(context);
        verbs.on("vpg.check", CheckRequest.class, (from, request) -> check(request));
        verbs.on("vpg.prepare", PrepareRequest.class, this::prepare);
        verbs.on("vpg.remove", RemoveRequest.class, this::remove);
        verbs.on("vpg.fence", FenceRequest.class, this::fence);
        verbs.on("peer.heartbeat", HeartbeatRequest.class, this::heartbeat);
        verbs.on("vpg.pause", VpgRequest.class, (from, request) -> {
            service.pauseHere(registry.get(request.id(), from));
            return new Done();
        });
        verbs.on("vpg.resume", VpgRequest.class, (from, request) -> {
            service.resumeHere(registry.get(request.id(), from));
            return new Done();
        });
        verbs.on("vpg.update", UpdateRequest.class, (from, request) -> {
            service.updateHere(registry.get(request.id(), from), request.change());
            return new Done();
        });
        verbs.on(
                "vpg.scrub",
                VpgRequest.class,
                (from, request) -> new ScrubAnswer(service.scrubs().start(registry.get(request.id(), from))));
        verbs.on(
                "vpg.delete",
                DeleteRequest.class,
                (from, request) ->
                        new DeleteAnswer(service.deleteHere(registry.get(request.id(), from), request.how())));
        verbs.on("vm.running", PowerRequest.class, (from, request) -> vms.running(registry.get(request.id(), from)));
        verbs.on(
                "vm.shutdown",
                PowerRequest.class,
                (from, request) -> vms.shutDown(registry.get(request.id(), from), request));
        verbs.on(
                "vm.start",
                PowerRequest.class,
                (from, request) -> vms.start(registry.get(request.id(), from), request));
    }

    private CheckAnswer check(CheckRequest request) {
        registry.checkNameFree(request.name());
        Map<String, ?> able = context.dataPlane().hypervisors().open();
        List<String> names = able.keySet().stream().filter(this::recovers).toList();
        String site = context.settings().siteName();
        if (request.recoveryHypervisor().isPresent()) {
            String wanted = request.recoveryHypervisor().get();
            if (!able.containsKey(wanted)) {
                throw ErrorCode.HYPERVISOR_NOT_FOUND.because(
                        "VPG '" + request.name() + "' was not created",
                        "site '" + site + "' has no open hypervisor '" + wanted + "'",
                        names.isEmpty()
                                ? "Add a hypervisor there that can run recovered VMs."
                                : "Choose one of: " + String.join(", ", names) + ".");
            }
            if (!names.contains(wanted)) {
                throw ErrorCode.HYPERVISOR_CANNOT_RECOVER.because(
                        "VPG '" + request.name() + "' was not created",
                        "hypervisor '" + wanted + "' of site '" + site + "' cannot run recovered VMs",
                        "Choose another one.");
            }
            return checked(request, wanted);
        }
        if (names.size() != 1) {
            throw ErrorCode.HYPERVISOR_NOT_FOUND.because(
                    "VPG '" + request.name() + "' was not created",
                    "site '" + site + "' has " + (names.isEmpty() ? "no" : "more than one")
                            + " open hypervisor that can run recovered VMs",
                    names.isEmpty()
                            ? "Add one there."
                            : "Name the recovery hypervisor: " + String.join(", ", names) + ".");
        }
        return checked(request, names.getFirst());
    }

    /** Has the target say what a recovery would run into, while the person who can mend it is there. */
    private CheckAnswer checked(CheckRequest request, String hypervisor) {
        Deadline deadline = Deadline.after(context.settings().hypervisorTimeout());
        Optional<PreflightReport> report = ProviderFailures.calling(
                () -> preflight.check(hypervisor, request.members().orElse(List.of()), Purpose.LIVE, deadline));
        report.ifPresent(found ->
                TargetPreflight.refuseErrors("VPG '" + request.name() + "' was not created", hypervisor, found));
        return new CheckAnswer(hypervisor, report.map(TargetPreflight::warnings));
    }

    private boolean recovers(String hypervisor) {
        return context.dataPlane()
                .hypervisors()
                .find(hypervisor)
                .flatMap(site -> site.recoveryTarget())
                .isPresent();
    }

    private CustodyReport prepare(SiteId from, PrepareRequest request) {
        Vpg vpg = registry.find(request.id()).orElse(null);
        boolean changed = false;
        if (vpg == null) {
            vpg = registry.add(request.toRecord(from, context.clock().instant()));
        } else {
            vpg = registry.get(request.id(), from);
            if (request.epoch() < vpg.definition().epoch()) {
                throw ErrorCode.VPG_FENCED.because(
                        "VPG '" + vpg.name() + "' was not prepared",
                        "site '" + context.settings().siteName() + "' owns it since epoch "
                                + vpg.definition().epoch(),
                        "Keep its VMs at the old site off, and delete the VPG there.");
            }
            changed = !vpg.definition().policy().equals(request.policy());
            vpg.change(row -> row.withDefinition(request.policy(), request.members()));
        }
        Custody custody = vpg.custody()
                .orElseThrow(() -> ErrorCode.VPG_STATE.because(
                        "VPG '" + request.name() + "' was not prepared",
                        "the asked site is the one that protects it",
                        "This is a defect of the asking site: look into its log."));
        ProviderFailures.running(custody::prepare);
        if (changed) {
            custody.ageSoon();
        }
        if (vpg.lifecycle() == VpgLifecycle.DEFINED) {
            vpg.transition(VpgLifecycle.ACTIVE);
            context.events()
                    .vpg(
                            Severity.INFO,
                            vpg.id(),
                            "VPG '" + vpg.name() + "' of site '"
                                    + context.peers().nameOf(from) + "' is protected at this site");
        }
        return views.custodyReport(vpg);
    }

    private Done remove(SiteId from, RemoveRequest request) {
        Vpg vpg = registry.get(request.id(), from);
        if (vpg.lifecycle() == VpgLifecycle.FAILED_OVER) {
            // The source asks late: the VPG is this site's now, and only this site deletes it.
            return new Done();
        }
        if (!recoveries.of(vpg.id()).isEmpty()) {
            throw ErrorCode.VPG_IN_RECOVERY.because(
                    "VPG '" + vpg.name() + "' was not deleted",
                    "a recovery of it is open at site '" + context.settings().siteName() + "'",
                    "Stop, commit or roll back the recovery first.");
        }
        if (request.journals() == DeleteVpg.Journals.KEEP) {
            if (vpg.lifecycle() != VpgLifecycle.DETACHED) {
                vpg.transition(VpgLifecycle.DETACHED);
            }
            context.alerts().close(AlertCode.RPO_EXCEEDED, vpg.id().toString());
            JournalAlerts.close(vpg, context.alerts());
            return new Done();
        }
        staged.end(vpg);
        ProviderFailures.running(() -> context.dataPlane().journals().delete(vpg.id()));
        registry.remove(vpg);
        context.events().vpg(Severity.INFO, vpg.id(), "VPG '" + vpg.name() + "' was deleted by its source");
        return new Done();
    }

    private Done fence(SiteId from, FenceRequest request) {
        Vpg vpg = registry.get(request.id(), from);
        vpg.protection()
                .ifPresent(running -> running.fenced(
                        request.epoch(), "a failover was committed there (epoch " + request.epoch() + ")"));
        return new Done();
    }

    private HeartbeatAnswer heartbeat(SiteId from, HeartbeatRequest request) {
        for (SourceReport report : request.vpgs()) {
            registry.find(report.vpg())
                    .filter(vpg -> vpg.definition().peer().equals(from))
                    .flatMap(Vpg::custody)
                    .ifPresent(custody -> custody.heard(report));
        }
        return new HeartbeatAnswer(registry.all().stream()
                .filter(vpg ->
                        vpg.definition().peer().equals(from) && vpg.custody().isPresent())
                .map(views::custodyReport)
                .toList());
    }
}
