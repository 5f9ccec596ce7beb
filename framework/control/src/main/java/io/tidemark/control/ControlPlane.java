package io.tidemark.control;

import io.tidemark.control.catalog.Catalog;
import io.tidemark.control.checkpoint.CheckpointHolds;
import io.tidemark.control.checkpoint.CheckpointService;
import io.tidemark.control.checkpoint.Checkpoints;
import io.tidemark.control.dataplane.PeerLink;
import io.tidemark.control.event.AlertBook;
import io.tidemark.control.event.EventLog;
import io.tidemark.control.event.EventService;
import io.tidemark.control.event.Events;
import io.tidemark.control.json.Json;
import io.tidemark.control.peer.Forwarded;
import io.tidemark.control.peer.PeerClient;
import io.tidemark.control.peer.PeerVerbs;
import io.tidemark.control.recovery.Recoveries;
import io.tidemark.control.recovery.RecoveryModule;
import io.tidemark.control.recovery.RecoveryTable;
import io.tidemark.control.report.Statistics;
import io.tidemark.control.site.HypervisorConfigurations;
import io.tidemark.control.site.HypervisorTable;
import io.tidemark.control.site.PeerDirectory;
import io.tidemark.control.site.SiteService;
import io.tidemark.control.site.Sites;
import io.tidemark.control.staging.StagingTable;
import io.tidemark.control.staging.Stagings;
import io.tidemark.control.task.TaskLog;
import io.tidemark.control.task.TaskRunner;
import io.tidemark.control.task.TaskService;
import io.tidemark.control.task.Tasks;
import io.tidemark.control.time.ScopedTimer;
import io.tidemark.control.time.Timer;
import io.tidemark.control.vm.VirtualMachines;
import io.tidemark.control.vm.VmService;
import io.tidemark.control.vpg.VpgContext;
import io.tidemark.control.vpg.VpgRegistry;
import io.tidemark.control.vpg.VpgService;
import io.tidemark.control.vpg.VpgTable;
import io.tidemark.control.vpg.VpgTicks;
import io.tidemark.control.vpg.Vpgs;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.SiteId;
import java.time.Clock;

/**
 * The control plane of one site: what a person or program may ask of it, noun by noun.
 *
 * <p>All calls block and may be made by any thread but an event loop. They throw {@link ControlException} for everything that a caller
 * can be told.
 */
public final class ControlPlane implements PeerLink.PeerRequests, AutoCloseable {
    private final ScopedTimer timer;
    private final EventLog eventLog;
    private final TaskRunner runner;
    private final VpgRegistry registry;
    private final Stagings stagings;
    private final PeerVerbs verbs;
    private final Sites sites;
    private final HypervisorConfigurations hypervisors;
    private final VirtualMachines vms;
    private final Vpgs vpgs;
    private final Checkpoints checkpoints;
    private final Recoveries recoveries;
    private final Tasks tasks;
    private final Events events;

    /**
     * Starts the control plane and resumes everything that is persisted: protection of VPGs, journals, recoveries, timers. Returns
     * without waiting for any of it.
     *
     * @param catalog stays open after {@link #close}; its owner closes it
     * @param peers the same that the data plane's peer link looks peers up in
     * @param timer stays open after {@link #close}
     */
    public ControlPlane(
            ControlSettings settings,
            Catalog catalog,
            PeerDirectory peers,
            DataPlane dataPlane,
            Clock clock,
            Timer timer) {
        this.timer = new ScopedTimer(timer);
        Json json = new Json();
        eventLog = new EventLog(catalog, clock);
        AlertBook alerts = new AlertBook(catalog, eventLog, clock);
        TaskLog taskLog = new TaskLog(catalog, eventLog, json, clock);
        runner = new TaskRunner(taskLog, this.timer, settings.retryDelay());
        verbs = new PeerVerbs(json, peers);
        PeerClient peerClient = new PeerClient(dataPlane.peers(), peers, json, settings.peerTimeout());
        Forwarded forwarded = new Forwarded(catalog, clock);
        VpgTable vpgTable = new VpgTable(catalog, json);
        VpgContext context = new VpgContext(settings, dataPlane, vpgTable, peers, eventLog, alerts, clock, this.timer);
        registry = new VpgRegistry(context);
        RecoveryTable recoveryTable = new RecoveryTable(catalog, json, clock);

        sites = new SiteService(settings, catalog, peers, eventLog, alerts, clock, registry::needsPeer);
        hypervisors = new HypervisorTable(catalog, json, clock, registry::needsHypervisor);
        vms = new VmService(
                dataPlane.hypervisors(), settings.hypervisorTimeout(), registry::membershipsOf, recoveryTable::madeBy);
        StagingTable stagingTable = new StagingTable(catalog);
        CheckpointHolds holds =
                new CheckpointHolds(dataPlane.journals(), vpgTable, recoveryTable::uses, stagingTable::holds);
        stagings = new Stagings(context, registry, stagingTable, holds);
        VpgService vpgService = new VpgService(
                context, registry, vms, peerClient, verbs, taskLog, runner, forwarded, recoveryTable, stagings);
        vpgs = vpgService;
        checkpoints = new CheckpointService(
                registry, vpgTable, dataPlane.journals(), peerClient, verbs, eventLog, settings.tagTimeout(), holds);
        RecoveryModule recovery = new RecoveryModule(new RecoveryModule.Parts(
                settings,
                dataPlane,
                catalog,
                registry,
                holds,
                recoveryTable,
                peerClient,
                verbs,
                forwarded,
                taskLog,
                runner,
                eventLog,
                alerts,
                clock,
                this.timer));
        recoveries = recovery.recoveries();
        tasks = new TaskService(taskLog, forwarded, peerClient, verbs);
        events = new EventService(eventLog, alerts);

        vpgService.resumeAll(recovery::resume);
        stagings.schedule();
        VpgTicks.begin(registry, this.timer, settings.ageingInterval());
    }

    public Sites sites() {
        return sites;
    }

    public HypervisorConfigurations hypervisors() {
        return hypervisors;
    }

    public VirtualMachines vms() {
        return vms;
    }

    public Vpgs vpgs() {
        return vpgs;
    }

    public Checkpoints checkpoints() {
        return checkpoints;
    }

    public Recoveries recoveries() {
        return recoveries;
    }

    public Tasks tasks() {
        return tasks;
    }

    public Events events() {
        return events;
    }

    public Statistics statistics() {
        return vpg -> registry.get(vpg).figures().snapshot();
    }

    /** Answers a request of a paired site. A refusal is an answer too: it reaches the asking manager in full. */
    @Override
    public String answer(SiteId from, String verb, String json) throws ProviderException {
        return verbs.answer(from, verb, json);
    }

    /** Ends all activity and leaves everything persisted as it is: the next start resumes it. Idempotent. */
    @Override
    public void close() {
        timer.close();
        runner.close();
        stagings.close();
        registry.close();
        eventLog.close();
    }
}
