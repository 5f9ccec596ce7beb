package io.tidemark.replication.tracking;

import io.tidemark.journal.CheckpointRecord;
import io.tidemark.replication.ReplicationSettings;
import io.tidemark.replication.lane.Lane;
import io.tidemark.replication.lane.LaneStatus;
import io.tidemark.replication.lane.LaneStatus.Link;
import io.tidemark.replication.lane.LaneStatus.Phase;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.site.HypervisorSite;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Protects one VPG by rounds: all its VMs are frozen, what changed is copied into their lanes, and the state is kept for one checkpoint that
 * carries the moment of the freeze. The next round begins when the checkpoint was cut and the hypervisors bear the next freeze.
 *
 * <p>A driver, one virtual thread, runs the rounds. While a round copies, the journals hold a mixture of two states: the lanes are in a sync and
 * take no barrier (J6).
 */
public final class TrackedVpg implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TrackedVpg.class);
    private static final Duration IDLE_CHECK = Duration.ofSeconds(1);
    /** How long a cut for a person waits for the freeze that it asks for. */
    private static final Duration ORDER_LIMIT = Duration.ofSeconds(15);
    /** How long storage of the hypervisor is held for a recovery site that cannot be reached. */
    private static final Duration LINK_GRACE = Duration.ofSeconds(30);

    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);
    private static final Duration CLOSE_LIMIT = Duration.ofMinutes(1);

    private final List<TrackedMember> members;
    private final FreezeTurns turns;
    private final ReplicationSettings settings;
    private final FrozenState state;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean closed;
    private volatile Map<VmId, Duration> intervals = Map.of();

    // Of the driver alone.
    private Duration pause;
    private Deadline retryAt = Deadline.after(Duration.ZERO);
    private Duration lastRound = Duration.ZERO;

    /** Puts a barrier into all lanes at their ends. Called with locks held; returns at once. */
    @FunctionalInterface
    public interface Cutter {
        /** Returns whether every lane has it. */
        boolean cut(Instant takenAt, Wanted wanted);
    }

    /** Finds the hypervisor of a VM, now. */
    @FunctionalInterface
    public interface Sites {
        HypervisorSite hypervisorOf(VmId vm) throws ProviderException;
    }

    /** Begins at once. */
    public TrackedVpg(List<Lane> lanes, Sites sites, FreezeTurns turns, ReplicationSettings settings, Cutter cutter) {
        this.members = lanes.stream()
                .map(lane -> new TrackedMember(
                        lane,
                        () -> sites.hypervisorOf(lane.spec().vm()),
                        settings.callTimeout(),
                        settings.retryFirst()))
                .toList();
        this.turns = turns;
        this.settings = settings;
        this.state = new FrozenState(cutter);
        this.pause = settings.retryFirst();
        Thread.ofVirtual()
                .name("freezes-" + lanes.getFirst().spec().vpg().toString().substring(0, 8))
                .uncaughtExceptionHandler(TrackedVpg::logDeath)
                .start(this::drive);
    }

    private static void logDeath(Thread thread, Throwable cause) {
        LOG.atError()
                .addKeyValue("thread", thread.getName())
                .setCause(cause)
                .log("The driver of a VPG's freezes died: this is a defect");
    }

    /** A lane changed: look again. */
    public void wake() {
        state.wake();
    }

    /**
     * Makes a checkpoint of the frozen state. An automatic one is made of each state once. Another one is made of a freeze that begins after the
     * call: this waits for that freeze, 15 s at most, but not for its copy; where there is none in time the members' words say why.
     *
     * @return the moment of the freeze; empty when there is no checkpoint
     */
    public Optional<Instant> cut(Wanted checkpoint) {
        if (checkpoint.kind() == CheckpointRecord.Kind.AUTOMATIC) {
            return state.cut(checkpoint);
        }
        if (!all(TrackedVpg::isCalm)) {
            // The members' states and words say what goes on.
            return Optional.empty();
        }
        Duration due = turns.untilDue(intervals);
        if (due.compareTo(ORDER_LIMIT) > 0) {
            explain("No checkpoint was made for the asking: the hypervisor bears the next snapshot in "
                    + wholeSeconds(due) + " s. Ask again then, or wait for the checkpoint that is made by itself");
            return Optional.empty();
        }
        Optional<Instant> takenAt = state.order(checkpoint, Deadline.after(ORDER_LIMIT));
        if (takenAt.isEmpty()) {
            explain(
                    "No checkpoint was made for the asking: no snapshot could begin within " + ORDER_LIMIT.toSeconds()
                            + " s. The copy of the one before goes on, or the hypervisor refuses; see the events. Ask again later");
        }
        return takenAt;
    }

    /**
     * Waits until the lanes end with a state that was frozen after this call. A checkpoint can be cut of it then, whoever cut one meanwhile.
     *
     * @throws ProviderException {@code RETRY_LATER} when there is none in time
     */
    public void awaitFreshState(Deadline deadline) throws ProviderException {
        String happened = "The VPG's newest state is not on its way to the recovery site";
        try {
            if (!state.awaitFresh(deadline)) {
                throw new ProviderException(
                        FailureKind.RETRY_LATER,
                        happened,
                        "its snapshot was not copied in time; the next one is possible in "
                                + wholeSeconds(turns.untilDue(intervals)) + " s",
                        "Wait for the next checkpoint, then try again");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ProviderException(
                    FailureKind.RETRY_LATER, happened, "Tidemark is shutting down", "Try again later", e);
        }
    }

    private static long wholeSeconds(Duration duration) {
        return duration.plusMillis(999).toSeconds();
    }

    // ---- the driver ------------------------------------------------------------------------------------------------

    private void drive() {
        try {
            while (!closed) {
                if (!all(Lane::inContinuity)) {
                    state.lose();
                }
                if (!retryAt.passed()) {
                    state.await(retryAt.remaining());
                } else if (!isRoundDue()) {
                    state.await(IDLE_CHECK);
                } else {
                    round();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            members.forEach(TrackedMember::release);
            ended.countDown();
        }
    }

    private boolean isRoundDue() {
        return state.isUsed() && all(TrackedVpg::takesFrozenState);
    }

    private boolean all(Predicate<Lane> test) {
        return members.stream().map(TrackedMember::lane).allMatch(test);
    }

    private static boolean isCalm(Lane lane) {
        LaneStatus status = lane.status();
        return status.link() == Link.UP && status.phase() == Phase.STREAMING;
    }

    private static boolean takesFrozenState(Lane lane) {
        LaneStatus status = lane.status();
        return status.link() == Link.UP && status.phase() != Phase.IDLE;
    }

    private void round() throws InterruptedException {
        try {
            Map<VmId, Duration> asked = new HashMap<>();
            for (TrackedMember member : members) {
                asked.put(member.vm(), member.shortestInterval());
            }
            intervals = Map.copyOf(asked);
            tellWhatToExpect();
            Optional<FreezeTurns.Turn> turn = turns.take(intervals, () -> closed || !isRoundDue());
            if (turn.isEmpty()) {
                return;
            }
            try (FreezeTurns.Turn mine = turn.get()) {
                run(new Round(members, mine, () -> closed, LINK_GRACE));
            }
        } catch (ProviderException e) {
            failed("Cannot make a snapshot, retrying: " + e.getMessage());
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).log("A round of snapshots failed: this is a defect");
            failed("Cannot protect by snapshots, retrying: " + e + ". Report this with the log");
        }
    }

    private void run(Round round) throws ProviderException, InterruptedException {
        long begunAtNanos = System.nanoTime();
        FrozenState.Freeze freeze = state.begin();
        Instant takenAt;
        try {
            takenAt = round.freeze();
        } catch (ProviderException e) {
            state.failed(freeze);
            throw e;
        }
        Optional<Wanted> promised = state.taken(freeze, takenAt);
        Optional<String> why = round.copy();
        if (why.isEmpty()) {
            lastRound = Duration.ofNanos(System.nanoTime() - begunAtNanos);
            pause = settings.retryFirst();
            tellWhatToExpect();
        } else {
            // No longer pause: what was copied is not copied again, and snapshots have their interval.
            retryAt = Deadline.after(settings.retryFirst());
            tell("A snapshot was not copied to its end, the next one goes on where it stopped: " + why.get());
        }
        boolean kept = why.isEmpty() ? state.hold(freeze, takenAt, promised) : promised.isEmpty();
        if (!kept) {
            LOG.atWarn()
                    .addKeyValue("vpg", members.getFirst().lane().spec().vpg())
                    .log("A checkpoint that was asked for was not made: its snapshot did not arrive as a whole");
        }
    }

    private void tell(String why) {
        LOG.atInfo().addKeyValue("vpg", members.getFirst().lane().spec().vpg()).log("{}", why);
        if (!closed) {
            explain(why);
        }
    }

    private void failed(String why) {
        tell(why);
        retryAt = Deadline.after(pause);
        Duration twice = pause.multipliedBy(2);
        pause = twice.compareTo(LONGEST_PAUSE) < 0 ? twice : LONGEST_PAUSE;
    }

    private void explain(String why) {
        members.forEach(member -> member.lane().explain(why));
    }

    /** The recovery point to expect is the interval, or a multiple of it where copies take longer. */
    private void tellWhatToExpect() {
        long interval = wholeSeconds(
                intervals.values().stream().max(Duration::compareTo).orElse(Duration.ZERO));
        long rounds = Math.max(1, (lastRound.toSeconds() + interval - 1) / Math.max(1, interval));
        String words = "Protected by snapshots; a recovery point about every " + rounds * interval + " s"
                + (members.size() == 1
                        ? ""
                        : "; the VMs are frozen together, but each for itself: consistent within a VM, not across them");
        members.forEach(member -> member.lane().calmWords(words));
    }

    /** Ends the rounds; waits until nothing is frozen any more, a minute at most. */
    @Override
    public void close() {
        closed = true;
        state.close();
        try {
            if (!ended.await(CLOSE_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                LOG.atWarn()
                        .addKeyValue("vpg", members.getFirst().lane().spec().vpg())
                        .log("A snapshot is still being released; it goes on in the background");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Leaves nothing at the hypervisors of VMs whose protection has ended; after {@link #close}. */
    public void forget(Predicate<VmId> ending) {
        members.stream().filter(member -> ending.test(member.vm())).forEach(TrackedMember::forget);
    }
}
