package io.tidemark.control.vpg;

import io.tidemark.control.ControlException;
import io.tidemark.control.ErrorCode;
import io.tidemark.control.event.AlertCode;
import io.tidemark.control.peer.PeerClient;
import io.tidemark.control.site.PeerView;
import io.tidemark.control.vpg.VpgMessages.HeartbeatAnswer;
import io.tidemark.control.vpg.VpgMessages.HeartbeatRequest;
import io.tidemark.control.vpg.VpgMessages.PrepareRequest;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.id.VpgId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells each peer how the VPGs stand that are protected at it, hears how their journals stand, and notices when it does not answer. Each
 * peer has a virtual thread of its own, so that a silent one delays no other.
 */
final class Heartbeat {
    private static final Logger LOG = LoggerFactory.getLogger(Heartbeat.class);
    private static final int MISSES_UNTIL_UNREACHABLE = 3;

    private final VpgContext context;
    private final VpgRegistry registry;
    private final VpgViews views;
    private final PeerClient peers;
    private final Set<SiteId> asking = ConcurrentHashMap.newKeySet();
    private final Map<SiteId, Integer> misses = new ConcurrentHashMap<>();

    Heartbeat(VpgContext context, VpgRegistry registry, VpgViews views, PeerClient peers) {
        this.context = context;
        this.registry = registry;
        this.views = views;
        this.peers = peers;
    }

    void beat() {
        for (PeerView peer : context.peers().all()) {
            if (asking.add(peer.id())) {
                Thread.ofVirtual().name("control-heartbeat-" + peer.name()).start(() -> {
                    try {
                        beat(peer);
                    } finally {
                        asking.remove(peer.id());
                    }
                });
            }
        }
    }

    private void beat(PeerView peer) {
        List<Vpg> sources = registry.all().stream()
                .filter(vpg ->
                        vpg.protection().isPresent() && vpg.definition().peer().equals(peer.id()))
                .toList();
        HeartbeatRequest request =
                new HeartbeatRequest(sources.stream().map(views::sourceReport).toList());
        HeartbeatAnswer answer;
        try {
            answer = peers.ask(peer.id(), "peer.heartbeat", request, HeartbeatAnswer.class);
        } catch (ControlException e) {
            missed(peer, e);
            return;
        }
        misses.remove(peer.id());
        context.alerts().close(AlertCode.PEER_UNREACHABLE, peer.id().toString());
        Map<VpgId, CustodyReport> reports =
                answer.vpgs().stream().collect(Collectors.toMap(CustodyReport::vpg, Function.identity(), (a, b) -> a));
        sources.forEach(vpg -> hear(vpg, Optional.ofNullable(reports.get(vpg.id()))));
    }

    private void hear(Vpg vpg, Optional<CustodyReport> report) {
        Protection protection = vpg.protection().orElseThrow();
        report.ifPresentOrElse(protection::heard, protection::forgotten);
        boolean wanted = vpg.lifecycle() == VpgLifecycle.ACTIVE || vpg.lifecycle() == VpgLifecycle.PAUSED;
        if (!wanted || protection.announced()) {
            return;
        }
        announce(vpg);
    }

    /** Tells the recovery site of the VPG as it is now; when that does not work, the next beat that is answered does. */
    void announce(Vpg vpg) {
        Protection protection = vpg.protection().orElseThrow();
        protection.forgotten();
        try {
            VpgPolicy told;
            CustodyReport report;
            do {
                // Asked again where the policy was changed meanwhile: two requests under way may arrive in any order.
                VpgRecord row = vpg.definition();
                told = row.policy();
                report = peers.ask(row.peer(), "vpg.prepare", PrepareRequest.of(row), CustodyReport.class);
            } while (!told.equals(vpg.definition().policy()));
            protection.announced(report);
        } catch (ControlException e) {
            if (e.errorCode() == ErrorCode.VPG_FENCED) {
                protection.fenced(vpg.definition().epoch(), e.why());
            } else {
                LOG.atWarn().addKeyValue("vpg", vpg.id()).log("The recovery site does not prepare: {}", e.getMessage());
            }
        }
    }

    private void missed(PeerView peer, ControlException why) {
        if (misses.merge(peer.id(), 1, Integer::sum) < MISSES_UNTIL_UNREACHABLE) {
            return;
        }
        context.peers().missed(peer.id());
        context.alerts()
                .open(
                        AlertCode.PEER_UNREACHABLE,
                        peer.id().toString(),
                        Optional.empty(),
                        "Site '" + peer.name() + "' does not answer: " + why.why()
                                + ". Check that it runs and that the network between the sites lets " + peer.endpoint()
                                + " through. Protection goes on by itself when it is back.");
    }
}
