package io.tidemark.control.recovery;

import io.tidemark.control.ControlException;
import io.tidemark.control.ErrorCode;
import io.tidemark.control.peer.Forwarded;
import io.tidemark.control.peer.PeerClient;
import io.tidemark.control.vpg.Vpg;
import io.tidemark.control.vpg.VpgRegistry;
import io.tidemark.control.vpg.VpgRole;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.id.VpgId;
import io.tidemark.spi.recovery.PreflightReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Asks the recovery site about recoveries of VPGs that are protected here, and remembers what runs there. */
final class RecoveryForwarding {
    /** The target asks others in its turn. */
    private static final Duration PREFLIGHT_TIMEOUT = Duration.ofSeconds(75);

    private final VpgRegistry registry;
    private final PeerClient peers;
    private final Forwarded forwarded;

    RecoveryForwarding(VpgRegistry registry, PeerClient peers, Forwarded forwarded) {
        this.registry = registry;
        this.peers = peers;
        this.forwarded = forwarded;
    }

    RecoveryPlan plan(Vpg vpg, StartRecovery request) {
        return peers.ask(vpg.definition().peer(), "recovery.plan", request, RecoveryPlan.class, PREFLIGHT_TIMEOUT);
    }

    Optional<PreflightReport> preflight(Vpg vpg, RecoveryType type) {
        return peers.ask(
                        vpg.definition().peer(),
                        "recovery.preflight",
                        new PreflightRequest(vpg.id(), type),
                        PreflightAnswer.class,
                        PREFLIGHT_TIMEOUT)
                .report();
    }

    RecoveryView start(Vpg vpg, StartRecovery request) {
        SiteId peer = vpg.definition().peer();
        return remember(peer, peers.ask(peer, "recovery.start", request, RecoveryView.class, PREFLIGHT_TIMEOUT));
    }

    RecoveryView stop(OperationId id, TestResult result, String note) {
        SiteId peer = site(id);
        return remember(peer, peers.ask(peer, "recovery.stop", new StopRequest(id, result, note), RecoveryView.class));
    }

    /**
     * @param verb {@code recovery.get}, {@code recovery.commit} or {@code recovery.rollback}
     */
    RecoveryView ask(String verb, OperationId id) {
        SiteId peer = site(id);
        return remember(peer, peers.ask(peer, verb, new IdRequest(id), RecoveryView.class));
    }

    /** Recoveries at other sites of VPGs that are protected here; of one VPG or of all. Sites that do not answer are left out of all. */
    List<RecoveryView> list(Optional<Vpg> vpg) {
        if (vpg.isPresent()) {
            return ask(vpg.get());
        }
        List<RecoveryView> found = new ArrayList<>();
        for (Vpg source : sources()) {
            try {
                found.addAll(ask(source));
            } catch (ControlException e) {
                if (e.reason() != ControlException.Reason.UNREACHABLE) {
                    throw e;
                }
            }
        }
        return found;
    }

    private List<RecoveryView> ask(Vpg vpg) {
        SiteId peer = vpg.definition().peer();
        List<RecoveryView> found = peers.ask(peer, "recovery.list", new ListRequest(vpg.id()), ListAnswer.class)
                .recoveries();
        found.forEach(view -> remember(peer, view));
        return found;
    }

    /** The site that runs a recovery; those that VPGs are recovered at are asked when it is not known. */
    private SiteId site(OperationId id) {
        return forwarded.find(id.toString()).orElseGet(() -> sources().stream()
                .map(vpg -> vpg.definition().peer())
                .distinct()
                .filter(peer -> knows(peer, id))
                .findFirst()
                .orElseThrow(() -> unknown(id)));
    }

    private boolean knows(SiteId peer, OperationId id) {
        try {
            var _ = remember(peer, peers.ask(peer, "recovery.get", new IdRequest(id), RecoveryView.class));
            return true;
        } catch (ControlException e) {
            return false;
        }
    }

    private List<Vpg> sources() {
        return registry.all().stream()
                .filter(vpg -> vpg.definition().role() == VpgRole.PROTECTED)
                .toList();
    }

    private RecoveryView remember(SiteId peer, RecoveryView view) {
        if (forwarded.find(view.id().toString()).isEmpty()) {
            forwarded.remember(view.id().toString(), peer);
        }
        view.tasks().forEach(task -> forwarded.remember(task.toString(), peer));
        return view;
    }

    static ControlException unknown(OperationId id) {
        return ErrorCode.RECOVERY_NOT_FOUND.because(
                "Recovery " + id + " was not found",
                "neither this site nor a recovery site of its VPGs that answers has it",
                "List the recoveries.");
    }

    record StopRequest(OperationId id, TestResult result, String note) {}

    record IdRequest(OperationId id) {}

    record PreflightRequest(VpgId vpg, RecoveryType type) {}

    record PreflightAnswer(Optional<PreflightReport> report) {}

    record ListRequest(VpgId vpg) {}

    record ListAnswer(List<RecoveryView> recoveries) {}
}
