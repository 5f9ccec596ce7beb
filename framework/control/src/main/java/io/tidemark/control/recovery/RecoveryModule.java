package io.tidemark.control.recovery;

import io.tidemark.control.ControlSettings;
import io.tidemark.control.DataPlane;
import io.tidemark.control.catalog.Catalog;
import io.tidemark.control.checkpoint.CheckpointHolds;
import io.tidemark.control.event.AlertBook;
import io.tidemark.control.event.EventLog;
import io.tidemark.control.peer.Forwarded;
import io.tidemark.control.peer.PeerClient;
import io.tidemark.control.peer.PeerVerbs;
import io.tidemark.control.task.TaskLog;
import io.tidemark.control.task.TaskRunner;
import io.tidemark.control.time.Timer;
import io.tidemark.control.vpg.SourceSite;
import io.tidemark.control.vpg.TargetPreflight;
import io.tidemark.control.vpg.Vpg;
import io.tidemark.control.vpg.VpgRegistry;
import java.time.Clock;

/** Puts the parts of recovery together. */
public final class RecoveryModule {
    private final RecoveryService service;
    private final RecoveryDesk desk;

    /** What recovery works with. */
    public record Parts(
            ControlSettings settings,
            DataPlane dataPlane,
            Catalog catalog,
            VpgRegistry registry,
            CheckpointHolds holds,
            RecoveryTable table,
            PeerClient peers,
            PeerVerbs verbs,
            Forwarded forwarded,
            TaskLog tasks,
            TaskRunner runner,
            EventLog events,
            AlertBook alerts,
            Clock clock,
            Timer timer) {}

    public RecoveryModule(Parts parts) {
        RecoveryActions actions = new RecoveryActions(
                parts.settings(), parts.dataPlane(), parts.registry(), parts.holds(), parts.table());
        HandOver handOver = new HandOver(
                parts.registry(),
                parts.table(),
                parts.dataPlane().journals(),
                new SourceSite(parts.peers(), parts.settings().shutdownTimeout()),
                parts.events(),
                parts.alerts());
        desk = new RecoveryDesk(
                parts.catalog(),
                parts.table(),
                parts.tasks(),
                parts.runner(),
                actions,
                handOver,
                parts.events(),
                parts.alerts(),
                parts.clock(),
                parts.timer(),
                parts.settings().retryDelay());
        service = new RecoveryService(
                parts.catalog(),
                parts.clock(),
                parts.registry(),
                parts.dataPlane().journals(),
                parts.table(),
                actions,
                desk,
                new RecoveryViews(parts.tasks()),
                new RecoveryForwarding(parts.registry(), parts.peers(), parts.forwarded()),
                new RecoveryPreflights(
                        actions,
                        new TargetPreflight(parts.dataPlane().hypervisors()),
                        parts.settings().hypervisorTimeout()),
                parts.verbs());
    }

    public Recoveries recoveries() {
        return service;
    }

    /** Goes on with the open recoveries of a VPG whose journals are open. */
    public void resume(Vpg vpg) {
        desk.resume(vpg.id());
    }
}
