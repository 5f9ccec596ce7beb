package io.tidemark.control.vpg;

import io.tidemark.control.peer.PeerClient;
import io.tidemark.control.peer.PeerVerbs.Done;
import io.tidemark.control.vpg.VpgMessages.FenceRequest;
import io.tidemark.control.vpg.VpgMessages.PowerAnswer;
import io.tidemark.control.vpg.VpgMessages.PowerRequest;
import io.tidemark.spi.id.VmId;
import java.time.Duration;
import java.util.List;

/** What a recovery asks of the site that the VPG's VMs run at. Errors are those of {@link PeerClient}. */
public final class SourceSite {
    private final PeerClient peers;
    private final Duration shutdownTimeout;

    /**
     * @param shutdownTimeout per VM
     */
    public SourceSite(PeerClient peers, Duration shutdownTimeout) {
        this.peers = peers;
        this.shutdownTimeout = shutdownTimeout;
    }

    /** VMs of the VPG that are not positively off. */
    public List<VmId> running(VpgRecord vpg) {
        return peers.ask(vpg.peer(), "vm.running", new PowerRequest(vpg.id(), List.of(), false), PowerAnswer.class)
                .vms();
    }

    /**
     * Shuts VMs down.
     *
     * @return what else came out, for people
     */
    public String shutDown(VpgRecord vpg, List<VmId> vms, Force force) {
        Duration atMost = shutdownTimeout.multipliedBy(vms.size()).plusMinutes(3);
        return peers.ask(
                        vpg.peer(),
                        "vm.shutdown",
                        new PowerRequest(vpg.id(), vms, force == Force.CUT_POWER),
                        PowerAnswer.class,
                        atMost)
                .detail();
    }

    /** Starts VMs that were shut down. */
    public void start(VpgRecord vpg, List<VmId> vms) {
        var _ = peers.ask(
                vpg.peer(),
                "vm.start",
                new PowerRequest(vpg.id(), vms, false),
                PowerAnswer.class,
                Duration.ofMinutes(5));
    }

    /** Tells the site that it is fenced off. */
    public void fence(VpgRecord vpg, long epoch) {
        var _ = peers.ask(vpg.peer(), "vpg.fence", new FenceRequest(vpg.id(), epoch), Done.class);
    }

    /** What is done with a guest that does not shut down in time. */
    public enum Force {
        /** Left running; the call fails. */
        GIVE_UP,
        CUT_POWER
    }
}
