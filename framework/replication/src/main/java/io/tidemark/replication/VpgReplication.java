package io.tidemark.replication;

import io.tidemark.journal.CheckpointRecord;
import io.tidemark.replication.lane.Cut;
import io.tidemark.replication.lane.Lane;
import io.tidemark.replication.lane.Lane.Progress;
import io.tidemark.replication.lane.LaneEvents;
import io.tidemark.replication.lane.LaneStatus;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The lanes of one VPG as one: cuts barriers through all of them, and knows when a checkpoint is durable in every journal.
 *
 * <p>A cut is one volatile write; see {@link Cut}. Nothing is drained and no acknowledgement is withheld: what is reported as hold time is
 * how long a lane was held to put its barrier in.
 */
final class VpgReplication implements LaneEvents {
    private static final long LOOK_AGAIN_NANOS = 100_000_000;

    private final ReplicatedVpg vpg;
    private final Clock clock;
    private final ReplicationListener listener;
    private final LaneChange laneChange;
    private final Object cutting = new Object();
    private final Map<VmId, Lane> lanes = new LinkedHashMap<>();
    private final TreeMap<CheckpointId, Set<VmId>> awaited = new TreeMap<>();
    private volatile Cut current = Cut.NONE;

    VpgReplication(ReplicatedVpg vpg, Clock clock, ReplicationListener listener, LaneChange laneChange) {
        this.vpg = vpg;
        this.clock = clock;
        this.listener = listener;
        this.laneChange = laneChange;
    }

    /** Wakes whoever captures the lane's VM. */
    interface LaneChange {
        void onChanged(VmId vm);
    }

    ReplicatedVpg vpg() {
        return vpg;
    }

    Cut currentCut() {
        return current;
    }

    synchronized void add(Lane lane) {
        lanes.put(lane.spec().vm(), lane);
    }

    synchronized List<Lane> lanes() {
        return List.copyOf(lanes.values());
    }

    /** A barrier that was cut. */
    record Barrier(Cut cut, long holdNanos) {}

    /** Cuts a barrier through all lanes, unless one is not in continuity (J6). */
    Optional<Barrier> cut(CheckpointId id, CheckpointRecord.Kind kind, String tag) {
        synchronized (cutting) {
            List<Lane> all = lanes();
            if (all.isEmpty() || !all.stream().allMatch(Lane::inContinuity)) {
                return Optional.empty();
            }
            synchronized (this) {
                awaited.put(id, new HashSet<>(lanes.keySet()));
            }
            Cut cut = new Cut(current.tick() + 1, id, clock.instant().truncatedTo(ChronoUnit.MILLIS), kind, tag);
            current = cut;
            long longestHold = 0;
            for (Lane lane : all) {
                longestHold = Math.max(longestHold, lane.cutNow());
            }
            // A lane that fell out of continuity meanwhile has no barrier: the checkpoint never becomes durable
            // everywhere (J5).
            return Optional.of(new Barrier(cut, longestHold));
        }
    }

    /** Waits until everything captured so far is durable at the recovery site. */
    void drain(Deadline deadline) throws ProviderException {
        Map<Lane, Long> goals = new LinkedHashMap<>();
        lanes().forEach(lane -> goals.put(lane, lane.progress().capturedPosition()));
        for (Map.Entry<Lane, Long> goal : goals.entrySet()) {
            Lane lane = goal.getKey();
            while (true) {
                Progress progress = lane.progress();
                if (lane.inContinuity() && progress.durablePosition() >= goal.getValue()) {
                    break;
                }
                if (deadline.passed()) {
                    throw new ProviderException(
                            FailureKind.RETRY_LATER,
                            "The last writes of VM " + lane.spec().vm() + " are not durable at the recovery site",
                            "the time limit passed first; " + lane.status().detail(),
                            "Look at the link and the VPG's state, then try again");
                }
                awaitMore(lane, deadline);
            }
        }
    }

    private static void awaitMore(Lane lane, Deadline deadline) throws ProviderException {
        try {
            lane.awaitAcknowledgement(Math.min(deadline.remaining().toNanos(), LOOK_AGAIN_NANOS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ProviderException(
                    FailureKind.RETRY_LATER, "Draining was interrupted", "Tidemark is shutting down", "Try again", e);
        }
    }

    Map<VmId, LaneStatus> status() {
        Map<VmId, LaneStatus> status = new LinkedHashMap<>();
        lanes().forEach(lane -> status.put(lane.spec().vm(), lane.status()));
        return status;
    }

    @Override
    public void onLaneChanged(Lane lane) {
        laneChange.onChanged(lane.spec().vm());
        listener.onStatus(lane.spec().vm(), lane.status());
    }

    @Override
    public void onCheckpointDurable(Lane lane, CheckpointId checkpoint) {
        boolean everywhere;
        synchronized (this) {
            Set<VmId> missing = awaited.get(checkpoint);
            if (missing == null || !missing.remove(lane.spec().vm())) {
                return;
            }
            everywhere = missing.isEmpty();
            if (everywhere) {
                // Older ones that still miss a member never will be complete: lanes send in order.
                awaited.headMap(checkpoint, true).clear();
            }
        }
        if (everywhere) {
            listener.onCheckpointDurable(checkpoint);
        }
    }

    @Override
    public void onFenced(Lane lane, ProviderException refusal) {
        listener.onFenced(refusal);
    }
}
