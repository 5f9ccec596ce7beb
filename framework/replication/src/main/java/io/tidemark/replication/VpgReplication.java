package io.tidemark.replication;

import io.tidemark.journal.CheckpointRecord;
import io.tidemark.replication.lane.Cut;
import io.tidemark.replication.lane.Lane;
import io.tidemark.replication.lane.Lane.Progress;
import io.tidemark.replication.lane.LaneEvents;
import io.tidemark.replication.lane.LaneStatus;
import io.tidemark.replication.tracking.TrackedVpg;
import io.tidemark.replication.tracking.Wanted;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lanes of one VPG as one: cuts barriers through all of them, and knows when a checkpoint is durable in every journal.
 *
 * <p>A cut is one volatile write; see {@link Cut}. Nothing is drained and no acknowledgement is withheld: what is reported as hold time is
 * how long a lane was held to put its barrier in.
 */
final class VpgReplication implements LaneEvents {
    private static final Logger LOG = LoggerFactory.getLogger(VpgReplication.class);
    private static final long LOOK_AGAIN_NANOS = 100_000_000;
    /** While a capture does not answer, the lanes send nothing that follows the barrier. */
    private static final Duration CONFIRM_LIMIT = Duration.ofSeconds(2);

    private final ReplicatedVpg vpg;
    private final Clock clock;
    private final ReplicationListener listener;
    private final Captures captures;
    private final Object cutting = new Object();
    private final Map<VmId, Lane> lanes = new LinkedHashMap<>();
    private final TreeMap<CheckpointId, Set<VmId>> awaited = new TreeMap<>();
    private volatile Cut current = Cut.NONE;
    /** Set once, where the VMs are frozen instead of captured. */
    private volatile @Nullable TrackedVpg tracked;

    VpgReplication(ReplicatedVpg vpg, Clock clock, ReplicationListener listener, Captures captures) {
        this.vpg = vpg;
        this.clock = clock;
        this.listener = listener;
        this.captures = captures;
    }

    /** Whoever captures the VMs of the lanes. */
    interface Captures {
        /** A lane of the VM changed. */
        void wake(VmId vm);

        /** Returns when nothing that the VM was given an acknowledgement for before this call is missing. */
        void confirmContinuity(VmId vm, Deadline deadline) throws ProviderException;
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

    /**
     * Cuts a barrier through all lanes, and makes it a checkpoint once every capture has confirmed that it had missed nothing by then; none
     * when a lane is not in continuity or a capture cannot confirm (J6). Takes as long as the captures take to answer, 2 s at most. Where VMs
     * are frozen instead, see {@link TrackedVpg#cut}.
     */
    Optional<Barrier> cut(CheckpointId id, CheckpointRecord.Kind kind, String tag) {
        TrackedVpg freezing = tracked;
        if (freezing != null) {
            // What is frozen misses nothing up to its moment: there is nobody to ask.
            return freezing.cut(new Wanted(id, kind, tag))
                    .map(time -> new Barrier(
                            new Cut(current.tick(), id, time.truncatedTo(ChronoUnit.MILLIS), kind, tag), 0));
        }
        return cutAt(clock.instant(), id, kind, tag, this::confirmed);
    }

    /** Makes a checkpoint of the frozen state that the lanes end with. */
    boolean cutFrozen(Instant takenAt, Wanted wanted) {
        return cutAt(takenAt, wanted.id(), wanted.kind(), wanted.tag(), VpgReplication::letOut)
                .isPresent();
    }

    void track(TrackedVpg freezing) {
        tracked = freezing;
    }

    Optional<TrackedVpg> tracked() {
        return Optional.ofNullable(tracked);
    }

    /** Lets the barriers of a cut go out, if nothing forbids it. */
    private interface Confirmation {
        boolean confirmed(List<Lane> all, CheckpointId id);
    }

    private Optional<Barrier> cutAt(
            Instant time, CheckpointId id, CheckpointRecord.Kind kind, String tag, Confirmation confirmation) {
        synchronized (cutting) {
            List<Lane> all = lanes();
            if (all.isEmpty() || !all.stream().allMatch(Lane::inContinuity)) {
                return Optional.empty();
            }
            synchronized (this) {
                awaited.put(id, new HashSet<>(lanes.keySet()));
            }
            Cut cut = new Cut(current.tick() + 1, id, time.truncatedTo(ChronoUnit.MILLIS), kind, tag);
            current = cut;
            long longestHold = 0;
            for (Lane lane : all) {
                longestHold = Math.max(longestHold, lane.cutNow());
            }
            if (!confirmation.confirmed(all, id)) {
                all.forEach(Lane::discardUnconfirmed);
                synchronized (this) {
                    awaited.remove(id);
                }
                return Optional.empty();
            }
            return Optional.of(new Barrier(cut, longestHold));
        }
    }

    /**
     * Asks every capture, all at once, and lets the barriers out. A lane that fell out of continuity meanwhile has no barrier any more: if the
     * others' went out already, the checkpoint never becomes durable everywhere (J5).
     */
    private boolean confirmed(List<Lane> all, CheckpointId id) {
        Deadline limit = Deadline.after(CONFIRM_LIMIT);
        Map<Lane, CompletableFuture<Void>> answers = new LinkedHashMap<>();
        for (Lane lane : all) {
            answers.put(
                    lane,
                    CompletableFuture.runAsync(
                            () -> confirm(lane.spec().vm(), limit), VpgReplication::startVirtualThread));
        }
        boolean confirmed = true;
        for (Map.Entry<Lane, CompletableFuture<Void>> answer : answers.entrySet()) {
            Optional<String> why = refusal(answer.getValue(), limit);
            if (why.isPresent()) {
                confirmed = false;
                LOG.atWarn()
                        .addKeyValue("vpg", vpg.id())
                        .addKeyValue("vm", answer.getKey().spec().vm())
                        .addKeyValue("checkpoint", id)
                        .log("A cut became no checkpoint: {}", why.get());
                answer.getKey().explain("The last checkpoint was not made, it is tried again: " + why.get());
            }
        }
        if (!confirmed) {
            return false;
        }
        return letOut(all, id);
    }

    private static boolean letOut(List<Lane> all, CheckpointId id) {
        boolean everywhere = true;
        for (Lane lane : all) {
            everywhere &= lane.confirm(id);
        }
        return everywhere;
    }

    /** Why a capture did not confirm; empty when it did. */
    private static Optional<String> refusal(CompletableFuture<Void> answer, Deadline limit) {
        try {
            answer.get(Math.max(1, limit.remaining().toMillis()), TimeUnit.MILLISECONDS);
            return Optional.empty();
        } catch (ExecutionException e) {
            return Optional.of(
                    e.getCause() instanceof ProviderException known
                            ? known.happened() + ", " + known.why()
                            : String.valueOf(e.getCause()));
        } catch (TimeoutException e) {
            return Optional.of("the hypervisor did not confirm within " + CONFIRM_LIMIT.toSeconds()
                    + " s that no write is missing");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.of("Tidemark is shutting down");
        }
    }

    private static void startVirtualThread(Runnable work) {
        Thread.ofVirtual().name("confirm").start(work);
    }

    private void confirm(VmId vm, Deadline limit) {
        try {
            captures.confirmContinuity(vm, limit);
        } catch (ProviderException e) {
            throw new CompletionException(e);
        }
    }

    /** Waits until everything captured so far, or the state of a freeze made after the call, is durable at the recovery site. */
    void drain(Deadline deadline) throws ProviderException {
        TrackedVpg freezing = tracked;
        if (freezing != null) {
            freezing.awaitFreshState(deadline);
        }
        Map<Lane, Long> goals = new LinkedHashMap<>();
        lanes().forEach(lane -> goals.put(lane, lane.progress().capturedPosition()));
        for (Map.Entry<Lane, Long> goal : goals.entrySet()) {
            Lane lane = goal.getKey();
            while (true) {
                Progress progress = lane.progress();
                if ((freezing != null || lane.inContinuity()) && progress.durablePosition() >= goal.getValue()) {
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
        TrackedVpg freezing = tracked;
        if (freezing != null) {
            freezing.wake();
        } else {
            captures.wake(lane.spec().vm());
        }
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
