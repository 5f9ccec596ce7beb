package io.tidemark.replication;

import io.tidemark.journal.CheckpointRecord;
import io.tidemark.replication.capture.CapturedVm;
import io.tidemark.replication.lane.Cut;
import io.tidemark.replication.lane.Lane;
import io.tidemark.replication.lane.LaneRunner;
import io.tidemark.replication.lane.LaneSpec;
import io.tidemark.replication.lane.LaneStatus;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VpgId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.transport.ChannelHandler;
import io.tidemark.spi.transport.StreamSpec;
import io.tidemark.spi.transport.TransportChannel;
import io.tidemark.spi.volume.VolumeReader;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The protected side of replication: every VPG that is protected here, and the VMs captured for them, each once. */
public final class ReplicationEngine implements AutoCloseable {
    private final ReplicationSettings settings;
    private final Clock clock;
    private final Sites sites;
    private final Map<VpgId, VpgReplication> vpgs = new LinkedHashMap<>();
    private final Map<VmId, CapturedVm> captured = new LinkedHashMap<>();
    private final Map<Lane, LaneRunner> runners = new LinkedHashMap<>();

    public ReplicationEngine(ReplicationSettings settings, Clock clock, Sites sites) {
        this.settings = settings;
        this.clock = clock;
        this.sites = sites;
    }

    /** What replication needs of the site it runs on. */
    public interface Sites {
        /**
         * The hypervisor instance of that name.
         *
         * @throws ProviderException {@code UNREACHABLE} when it is not open now
         */
        HypervisorSite hypervisor(String name) throws ProviderException;

        /** Opens a journal channel to a paired site. */
        TransportChannel openChannel(SiteId peer, StreamSpec stream, ChannelHandler handler, Deadline deadline)
                throws ProviderException;
    }

    /** Starts a VPG and keeps it replicated until {@link #stop}; see {@link ReplicationListener} for what happens. Does nothing to one that runs. */
    public synchronized void start(ReplicatedVpg vpg, ReplicationListener listener) {
        if (vpgs.containsKey(vpg.id())) {
            return;
        }
        VpgReplication replication = new VpgReplication(vpg, clock, listener, new Captures());
        vpgs.put(vpg.id(), replication);
        for (ReplicatedVpg.Member member : vpg.members()) {
            LaneRunner runner = LaneRunner.start(
                    new LaneSpec(vpg.id(), member.vm(), vpg.epoch(), member.volumes()),
                    settings,
                    replication::currentCut,
                    replication,
                    (stream, handler, deadline) -> sites.openChannel(vpg.recoverySite(), stream, handler, deadline),
                    volume -> reader(member).openLive(volume, Deadline.after(settings.callTimeout())));
            replication.add(runner.lane());
            runners.put(runner.lane(), runner);
            captured.computeIfAbsent(
                            member.vm(),
                            vm -> new CapturedVm(vm, () -> sites.hypervisor(member.hypervisor()), settings))
                    .add(runner.lane());
        }
    }

    private VolumeReader reader(ReplicatedVpg.Member member) throws ProviderException {
        return sites.hypervisor(member.hypervisor())
                .volumeReader()
                .orElseThrow(() -> new ProviderException(
                        FailureKind.UNSUPPORTED,
                        "Cannot read the volumes of VM " + member.vm(),
                        "its hypervisor offers no volume reader",
                        "Protect the VM in one VPG only, or use a hypervisor plugin that can read volumes"));
    }

    private synchronized @Nullable CapturedVm capture(VmId vm) {
        return captured.get(vm);
    }

    /** The captures as VPGs see them. */
    private final class Captures implements VpgReplication.Captures {
        @Override
        public void wake(VmId vm) {
            CapturedVm waiting = capture(vm);
            if (waiting != null) {
                waiting.wake();
            }
        }

        @Override
        public void confirmContinuity(VmId vm, Deadline deadline) throws ProviderException {
            CapturedVm asked = capture(vm);
            if (asked == null) {
                throw new ProviderException(
                        FailureKind.CONTINUITY_LOST,
                        "Continuity of VM " + vm + " is not confirmed",
                        "its protection was stopped",
                        "Resume the protection of its VPG");
            }
            asked.confirmContinuity(deadline);
        }
    }

    /** Ends replication of a VPG; VMs in no other VPG are no longer captured. Idempotent. */
    public void stop(VpgId vpg) {
        List<LaneRunner> ending = new ArrayList<>();
        List<CapturedVm> unused = new ArrayList<>();
        synchronized (this) {
            VpgReplication replication = vpgs.remove(vpg);
            if (replication == null) {
                return;
            }
            for (Lane lane : replication.lanes()) {
                LaneRunner runner = runners.remove(lane);
                if (runner != null) {
                    ending.add(runner);
                }
                VmId vm = lane.spec().vm();
                CapturedVm capture = captured.get(vm);
                if (capture != null && !capture.remove(lane)) {
                    captured.remove(vm);
                    unused.add(capture);
                }
            }
        }
        unused.forEach(CapturedVm::close);
        ending.forEach(LaneRunner::close);
    }

    /** States of a VPG's lanes by VM; empty when it is not replicated here. */
    public Optional<Map<VmId, LaneStatus>> status(VpgId vpg) {
        return Optional.ofNullable(find(vpg)).map(VpgReplication::status);
    }

    /** Cuts a checkpoint; empty when the VPG may have none now (J6). See DESIGN §4. */
    public Optional<CutResult> cut(VpgId vpg, CheckpointId id, CheckpointRecord.Kind kind, String tag) {
        return Optional.ofNullable(find(vpg))
                .flatMap(replication -> replication.cut(id, kind, tag))
                .map(barrier -> new CutResult(barrier.cut(), barrier.holdNanos()));
    }

    /** A cut and for how long the longest-held lane was held for it. */
    public record CutResult(Cut cut, long holdNanos) {}

    /** Waits until everything captured before the call is durable at the recovery site. */
    public void drain(VpgId vpg, Deadline deadline) throws ProviderException {
        VpgReplication replication = find(vpg);
        if (replication == null) {
            throw new ProviderException(
                    FailureKind.REJECTED,
                    "Cannot drain VPG " + vpg,
                    "it is not being replicated from this site",
                    "Resume its protection first");
        }
        replication.drain(deadline);
    }

    private synchronized @Nullable VpgReplication find(VpgId vpg) {
        return vpgs.get(vpg);
    }

    @Override
    public void close() {
        List<VpgId> all;
        synchronized (this) {
            all = List.copyOf(vpgs.keySet());
        }
        all.forEach(this::stop);
    }
}
