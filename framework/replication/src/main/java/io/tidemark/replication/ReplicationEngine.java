package io.tidemark.replication;

import io.tidemark.journal.CheckpointRecord;
import io.tidemark.replication.capture.CapturedVm;
import io.tidemark.replication.lane.Cut;
import io.tidemark.replication.lane.Lane;
import io.tidemark.replication.lane.LaneRunner;
import io.tidemark.replication.lane.LaneSpec;
import io.tidemark.replication.lane.LaneStatus;
import io.tidemark.replication.tracking.FreezeTurns;
import io.tidemark.replication.tracking.TrackedVpg;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The protected side of replication: every VPG that is protected here, and the VMs captured or frozen for them. */
public final class ReplicationEngine implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ReplicationEngine.class);

    private final ReplicationSettings settings;
    private final Clock clock;
    private final Sites sites;
    private final Map<VpgId, VpgReplication> vpgs = new LinkedHashMap<>();
    private final Map<VmId, CapturedVm> captured = new LinkedHashMap<>();
    private final Map<Lane, LaneRunner> runners = new LinkedHashMap<>();
    private final FreezeTurns turns = new FreezeTurns();

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
    public void start(ReplicatedVpg vpg, ReplicationListener listener) {
        VpgReplication replication;
        synchronized (this) {
            if (vpgs.containsKey(vpg.id())) {
                return;
            }
            replication = new VpgReplication(vpg, clock, listener, new Captures());
            vpgs.put(vpg.id(), replication);
            for (ReplicatedVpg.Member member : vpg.members()) {
                LaneRunner runner = LaneRunner.start(
                        new LaneSpec(vpg.id(), member.vm(), vpg.epoch(), member.volumes()),
                        settings,
                        replication::currentCut,
                        replication,
                        (stream, handler, deadline) ->
                                sites.openChannel(vpg.recoverySite(), stream, handler, deadline));
                replication.add(runner.lane());
                runners.put(runner.lane(), runner);
            }
        }
        Duration firstPause = settings.retryFirst();
        if (!choose(replication)) {
            Thread.ofVirtual()
                    .name("method-" + vpg.id().toString().substring(0, 8))
                    .start(() -> keepChoosing(replication, firstPause));
        }
    }

    private void keepChoosing(VpgReplication replication, Duration firstPause) {
        Duration pause = firstPause;
        try {
            do {
                Thread.sleep(pause);
                Duration twice = pause.multipliedBy(2);
                pause = twice.compareTo(settings.retryMost()) < 0 ? twice : settings.retryMost();
            } while (!choose(replication));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Begins to protect a VPG by what its hypervisors offer; returns false when that is not known yet, or they offer nothing. */
    private boolean choose(VpgReplication replication) {
        MethodChoice choice;
        try {
            choice = MethodChoice.of(replication.vpg(), sites);
        } catch (ProviderException e) {
            LOG.atInfo()
                    .addKeyValue("vpg", replication.vpg().id())
                    .log("A VPG cannot be protected: {}", e.getMessage());
            String why = "Cannot capture the VM's writes, retrying: " + e.getMessage();
            replication.lanes().forEach(lane -> lane.explain(why));
            return isEnded(replication);
        }
        synchronized (this) {
            if (!isEnded(replication)) {
                switch (choice) {
                    case CAPTURE -> capture(replication);
                    case TRACKING -> track(replication);
                }
            }
            return true;
        }
    }

    private synchronized boolean isEnded(VpgReplication replication) {
        return !replication.equals(vpgs.get(replication.vpg().id()));
    }

    private void capture(VpgReplication replication) {
        List<Lane> lanes = replication.lanes();
        for (int i = 0; i < lanes.size(); i++) {
            ReplicatedVpg.Member member = replication.vpg().members().get(i);
            Lane lane = lanes.get(i);
            LaneRunner runner = runners.get(lane);
            if (runner != null) {
                runner.readLive(volume -> reader(member).openLive(volume, Deadline.after(settings.callTimeout())));
            }
            captured.computeIfAbsent(
                            member.vm(),
                            vm -> new CapturedVm(vm, () -> sites.hypervisor(member.hypervisor()), settings))
                    .add(lane);
        }
    }

    private void track(VpgReplication replication) {
        Map<VmId, String> hypervisors = new HashMap<>();
        replication.vpg().members().forEach(member -> hypervisors.put(member.vm(), member.hypervisor()));
        replication.track(new TrackedVpg(
                replication.lanes(),
                vm -> sites.hypervisor(String.valueOf(hypervisors.get(vm))),
                turns,
                settings,
                replication::cutFrozen));
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

    /** Ends replication of a VPG; VMs in no other VPG are no longer captured, and nothing of them stays frozen. Idempotent. */
    public void stop(VpgId vpg) {
        stop(vpg, Leaving.NOTHING_BEHIND);
    }

    /** What becomes of VMs at the hypervisor. */
    private enum Leaving {
        /** Their protection ends. */
        NOTHING_BEHIND,
        /** Their protection goes on when this process runs again. */
        TRACKING_ON
    }

    private void stop(VpgId vpg, Leaving leaving) {
        List<LaneRunner> ending = new ArrayList<>();
        List<CapturedVm> unused = new ArrayList<>();
        VpgReplication replication;
        Set<VmId> others = new HashSet<>();
        synchronized (this) {
            replication = vpgs.remove(vpg);
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
            vpgs.values().forEach(other -> other.lanes()
                    .forEach(lane -> others.add(lane.spec().vm())));
        }
        unused.forEach(CapturedVm::close);
        replication.tracked().ifPresent(freezing -> {
            freezing.close();
            if (leaving == Leaving.NOTHING_BEHIND) {
                freezing.forget(vm -> !others.contains(vm));
            }
        });
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
        all.forEach(vpg -> stop(vpg, Leaving.TRACKING_ON));
    }
}
