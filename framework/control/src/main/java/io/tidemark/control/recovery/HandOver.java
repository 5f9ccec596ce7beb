package io.tidemark.control.recovery;

import io.tidemark.control.ControlException;
import io.tidemark.control.ControlException.Reason;
import io.tidemark.control.dataplane.JournalStore;
import io.tidemark.control.event.AlertBook;
import io.tidemark.control.event.AlertCode;
import io.tidemark.control.event.EventLog;
import io.tidemark.control.event.Severity;
import io.tidemark.control.vpg.SourceSite;
import io.tidemark.control.vpg.Vpg;
import io.tidemark.control.vpg.VpgLifecycle;
import io.tidemark.control.vpg.VpgRecord;
import io.tidemark.control.vpg.VpgRegistry;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import java.util.List;
import java.util.Optional;

/** What a live failover does about the source: shutting its VMs down and starting them again, fencing it off, telling it. Idempotent. */
final class HandOver {
    private final VpgRegistry registry;
    private final RecoveryTable table;
    private final JournalStore journals;
    private final SourceSite source;
    private final EventLog events;
    private final AlertBook alerts;

    HandOver(
            VpgRegistry registry,
            RecoveryTable table,
            JournalStore journals,
            SourceSite source,
            EventLog events,
            AlertBook alerts) {
        this.registry = registry;
        this.table = table;
        this.journals = journals;
        this.source = source;
        this.events = events;
        this.alerts = alerts;
    }

    String shutDownSource(OperationId id) {
        RecoveryRecord recovery = table.get(id);
        Vpg vpg = registry.get(recovery.vpg());
        if (vpg.lifecycle() == VpgLifecycle.DETACHED) {
            return "the VPG has no source any more";
        }
        try {
            // What ran before is persisted first: after a crash in the middle the VMs that are off already would be
            // forgotten, and not
            // be started again by a rollback.
            List<VmId> running;
            if (recovery.shutDown().isPresent()) {
                running = recovery.shutDown().get();
            } else {
                running = source.running(vpg.definition());
                table.setShutDown(id, running);
            }
            if (running.isEmpty()) {
                return "no VM was running";
            }
            SourceSite.Force force = recovery.request().sourceShutdown() == SourceShutdown.FORCED
                    ? SourceSite.Force.CUT_POWER
                    : SourceSite.Force.GIVE_UP;
            String detail = source.shutDown(vpg.definition(), running, force);
            return running.size() + " VMs are off" + (detail.isEmpty() ? "" : "; " + detail);
        } catch (ControlException e) {
            if (e.reason() != Reason.UNREACHABLE) {
                throw e;
            }
            String text = "the source was left as it is: " + e.why();
            events.vpg(Severity.WARNING, vpg.id(), "Failover of VPG '" + vpg.name() + "': " + text);
            return text;
        }
    }

    /** Starts those source VMs again that were shut down for this recovery. */
    String startSource(OperationId id) {
        RecoveryRecord recovery = table.get(id);
        List<VmId> vms = recovery.shutDown().orElse(List.of());
        if (vms.isEmpty()) {
            return "none was shut down";
        }
        Vpg vpg = registry.get(recovery.vpg());
        try {
            source.start(vpg.definition(), vms);
            return vms.size() + " VMs";
        } catch (ControlException e) {
            // The recovered VMs are gone already; an unreachable source must not keep the rollback from ending.
            String text = "the VMs of the source were not started again: " + e.why() + ". Start them by hand";
            events.vpg(Severity.ERROR, vpg.id(), "Rollback of VPG '" + vpg.name() + "': " + text);
            return text;
        }
    }

    /** Takes ownership: from here on the source's writes are refused (J7). */
    String fenceSource(OperationId id) throws ProviderException {
        RecoveryRecord recovery = table.get(id);
        Vpg vpg = registry.get(recovery.vpg());
        long epoch;
        if (recovery.fenceEpoch().isPresent()) {
            epoch = recovery.fenceEpoch().get();
        } else {
            epoch = vpg.definition().epoch() + 1;
            table.setFenceEpoch(id, epoch);
        }
        journals.fence(vpg.id(), epoch);
        if (vpg.definition().epoch() < epoch) {
            vpg.change(row -> row.withEpoch(Math.max(row.epoch(), epoch)));
        }
        return "epoch " + epoch;
    }

    String tellSource(OperationId id) {
        RecoveryRecord recovery = table.get(id);
        Vpg vpg = registry.get(recovery.vpg());
        if (vpg.lifecycle() == VpgLifecycle.DETACHED) {
            return "the VPG has no source any more";
        }
        VpgRecord row = vpg.definition();
        try {
            source.fence(row, row.epoch());
            return "it ended protection";
        } catch (ControlException e) {
            // It learns of it by the heartbeat when it is back; until then its writes are refused anyway.
            return "it was not reached and is told when it is back: " + e.why();
        }
    }

    /** The VPG is this site's. */
    String handOver(OperationId id) {
        Vpg vpg = registry.get(table.get(id).vpg());
        if (vpg.lifecycle() != VpgLifecycle.FAILED_OVER) {
            vpg.transition(VpgLifecycle.FAILED_OVER);
            alerts.close(AlertCode.RPO_EXCEEDED, vpg.id().toString());
            events.publish(
                    Severity.INFO,
                    "recovery",
                    Optional.of(vpg.id()),
                    Optional.empty(),
                    id.toString(),
                    "VPG '" + vpg.name() + "' is failed over for good");
        }
        return "";
    }
}
