package io.tidemark.control;

import io.tidemark.control.catalog.Catalog;
import io.tidemark.control.checkpoint.Checkpoints;
import io.tidemark.control.dataplane.PeerLink;
import io.tidemark.control.event.Events;
import io.tidemark.control.recovery.Recoveries;
import io.tidemark.control.report.Statistics;
import io.tidemark.control.site.HypervisorConfigurations;
import io.tidemark.control.site.PeerDirectory;
import io.tidemark.control.site.Sites;
import io.tidemark.control.task.Tasks;
import io.tidemark.control.time.Timer;
import io.tidemark.control.vm.VirtualMachines;
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
@SuppressWarnings("DoNotCallSuggester")
public final class ControlPlane implements PeerLink.PeerRequests, AutoCloseable {
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
        throw new UnsupportedOperationException("under construction");
    }

    public Sites sites() {
        throw new UnsupportedOperationException("under construction");
    }

    public HypervisorConfigurations hypervisors() {
        throw new UnsupportedOperationException("under construction");
    }

    public VirtualMachines vms() {
        throw new UnsupportedOperationException("under construction");
    }

    public Vpgs vpgs() {
        throw new UnsupportedOperationException("under construction");
    }

    public Checkpoints checkpoints() {
        throw new UnsupportedOperationException("under construction");
    }

    public Recoveries recoveries() {
        throw new UnsupportedOperationException("under construction");
    }

    public Tasks tasks() {
        throw new UnsupportedOperationException("under construction");
    }

    public Events events() {
        throw new UnsupportedOperationException("under construction");
    }

    public Statistics statistics() {
        throw new UnsupportedOperationException("under construction");
    }

    /** Answers a request of a paired site. */
    @Override
    public String answer(SiteId from, String verb, String json) throws ProviderException {
        throw new UnsupportedOperationException("under construction");
    }

    /** Ends all activity and leaves everything persisted as it is: the next start resumes it. Idempotent. */
    @Override
    public void close() {}
}
