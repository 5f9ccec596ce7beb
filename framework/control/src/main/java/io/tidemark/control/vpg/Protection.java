package io.tidemark.control.vpg;

import io.tidemark.control.ControlException;
import io.tidemark.control.ErrorCode;
import io.tidemark.control.checkpoint.CheckpointView;
import io.tidemark.control.dataplane.CheckpointKind;
import io.tidemark.control.dataplane.JournalStore.JournalUsage;
import io.tidemark.control.dataplane.MemberState;
import io.tidemark.control.dataplane.ProtectionEngine.Cut;
import io.tidemark.control.dataplane.ProtectionListener;
import io.tidemark.control.event.AlertCode;
import io.tidemark.control.event.Severity;
import io.tidemark.control.time.Timer.Appointment;
import io.tidemark.control.vpg.VpgView.NewestCheckpoint;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VmId;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Runs the protection of one VPG on its protected site: tells the data plane to capture, cuts a checkpoint at each tick, and keeps what
 * is known of members and of the newest selectable checkpoint.
 *
 * <p>Starting, stopping and cutting are the mailbox's; data-plane threads call the listener, which only notes and posts.
 */
public final class Protection {
    /** Cuts that wait for durability while a link is down; the oldest are given up first. */
    private static final int MAX_PENDING = 10_000;

    private final Vpg vpg;
    private final VpgContext context;
    private final CheckpointSequence sequence;
    private final Map<VmId, MemberNote> members = new ConcurrentHashMap<>();
    private final ConcurrentSkipListMap<CheckpointId, Pending> pending = new ConcurrentSkipListMap<>();
    private final Object newestLock = new Object();
    private volatile Optional<NewestCheckpoint> newest = Optional.empty();
    private volatile Optional<CustodyReport> report = Optional.empty();
    private volatile boolean announced;
    private @Nullable Appointment ticker;

    Protection(Vpg vpg, VpgContext context) {
        this.vpg = vpg;
        this.context = context;
        this.sequence = new CheckpointSequence(context.table(), vpg.id());
    }

    /** Starts capture and checkpoints; does nothing when started. */
    void start() {
        vpg.mailbox().run(() -> {
            if (ticker != null) {
                return;
            }
            context.dataPlane()
                    .engine()
                    .start(vpg.definition().forDataPlane(context.settings().site()), new Listener());
            beginTicks();
        });
    }

    /** Goes on at the interval that the policy has now. */
    void policyChanged() {
        vpg.mailbox().run(() -> {
            if (ticker != null) {
                cancelTicker();
                beginTicks();
            }
        });
    }

    private void beginTicks() {
        Duration interval = Duration.ofSeconds(vpg.definition().policy().checkpointIntervalSeconds());
        ticker = context.timer().every(interval, this::tick);
    }

    /** Ends capture and checkpoints; does nothing when stopped. */
    void stop() {
        vpg.mailbox().run(() -> {
            cancelTicker();
            context.dataPlane().engine().stop(vpg.id());
            members.clear();
            failPending();
            context.alerts().close(AlertCode.RPO_EXCEEDED, vpg.id().toString());
            JournalAlerts.close(vpg, context.alerts());
            for (MemberDefinition member : vpg.definition().members()) {
                context.alerts()
                        .close(AlertCode.MEMBER_DEGRADED, about(member.member().vm()));
            }
        });
    }

    /** Cuts a tagged checkpoint and waits until it is selectable. */
    public CheckpointView tag(String description) {
        return cutAndWait(CheckpointKind.TAGGED, description, context.settings().tagTimeout());
    }

    /**
     * Cuts a checkpoint and waits until it is selectable.
     *
     * @throws ControlException {@code CHECKPOINT_NOT_POSSIBLE}, {@code CHECKPOINT_NOT_DURABLE}
     */
    public CheckpointView cutAndWait(CheckpointKind kind, String tag, Duration atMost) {
        Pending made = vpg.mailbox().call(() -> cut(kind, tag).orElseThrow(this::notPossible));
        try {
            CheckpointView view = made.durable.get(atMost.toMillis(), TimeUnit.MILLISECONDS);
            return new CheckpointView(view.id(), view.time(), kind, tag, false, Optional.empty());
        } catch (TimeoutException e) {
            throw notDurable("the recovery site has not confirmed it within " + atMost.toSeconds() + " s");
        } catch (ExecutionException e) {
            throw notDurable("protection was stopped or a sync began meanwhile");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw notDurable("this site's manager is shutting down");
        }
    }

    /** The newest selectable checkpoint, as far as this site knows. */
    Optional<NewestCheckpoint> newest() {
        return newest;
    }

    Optional<MemberNote> member(VmId vm) {
        return Optional.ofNullable(members.get(vm));
    }

    /** What the recovery site said last. */
    Optional<CustodyReport> report() {
        return report;
    }

    /** Whether the recovery site was told of the VPG since this site started. */
    boolean announced() {
        return announced;
    }

    void announced(CustodyReport said) {
        announced = true;
        heard(said);
    }

    /** The recovery site lost the VPG: it has to be told of it again. */
    void forgotten() {
        announced = false;
    }

    /** Takes in what the recovery site says; ends protection when it has taken the VPG over. */
    void heard(CustodyReport said) {
        report = Optional.of(said);
        said.newest().ifPresent(this::offerNewest);
        if (vpg.lifecycle() == VpgLifecycle.ACTIVE) {
            // Told at both sites: who looks at one of them must not have to guess why there are no checkpoints.
            said.journal()
                    .flatMap(JournalUsage::room)
                    .ifPresent(room -> JournalAlerts.evaluate(vpg, context.alerts(), room));
        }
        if (said.epoch() > vpg.definition().epoch()) {
            fenced(said.epoch(), "the recovery site committed a failover (epoch " + said.epoch() + ")");
        }
    }

    /** Ends protection for good, because the recovery site owns the VPG now (J7). */
    void fenced(long epoch, String why) {
        vpg.mailbox().run(() -> {
            VpgLifecycle now = vpg.lifecycle();
            if (!now.next(VpgRole.PROTECTED).contains(VpgLifecycle.FENCED)) {
                return;
            }
            stop();
            vpg.change(record -> record.withEpoch(Math.max(record.epoch(), epoch)));
            vpg.transition(VpgLifecycle.FENCED);
            context.alerts()
                    .open(
                            AlertCode.VPG_FENCED,
                            vpg.id().toString(),
                            Optional.of(vpg.id()),
                            "VPG '" + vpg.name() + "' is owned by site '"
                                    + context.peers().nameOf(vpg.definition().peer()) + "' now: " + why
                                    + ". Its VMs at this site are stale and no longer protected. Keep them off, and delete"
                                    + " the VPG here when you no longer need to know.");
        });
    }

    /** Samples the RPO and raises or ends its alert. */
    void sample() {
        Optional<NewestCheckpoint> known = newest;
        if (vpg.lifecycle() != VpgLifecycle.ACTIVE || known.isEmpty()) {
            return;
        }
        Duration rpo = Duration.between(known.get().time(), context.clock().instant());
        vpg.figures().rpo(rpo.isNegative() ? Duration.ZERO : rpo);
        RpoAlert.evaluate(vpg, context.alerts(), rpo);
    }

    /** Ends the ticks; tells the data plane nothing. */
    void close() {
        cancelTicker();
        failPending();
    }

    private void tick() {
        vpg.mailbox().run(() -> {
            if (vpg.lifecycle() == VpgLifecycle.ACTIVE && ticker != null) {
                var _ = cut(CheckpointKind.AUTOMATIC, "");
            }
        });
    }

    private Optional<Pending> cut(CheckpointKind kind, String tag) {
        if (vpg.lifecycle() != VpgLifecycle.ACTIVE) {
            return Optional.empty();
        }
        CheckpointId id = sequence.next();
        Pending made = new Pending();
        // Registered first: the confirmation may come before the call returns.
        pending.put(id, made);
        Optional<Cut> cut = context.dataPlane().engine().cut(vpg.id(), id, kind, tag);
        if (cut.isEmpty()) {
            pending.remove(id);
            return Optional.empty();
        }
        vpg.figures().checkpointCut(cut.get().holdNanos());
        if (pending.size() > MAX_PENDING) {
            pending.pollFirstEntry();
        }
        made.cut.complete(new CheckpointView(id, cut.get().time(), kind, tag, false, Optional.empty()));
        return Optional.of(made);
    }

    private void durable(CheckpointId id) {
        Pending made = pending.get(id);
        if (made == null) {
            return;
        }
        // Ids become durable in order; those below that never did were given up by the data plane.
        made.cut.thenAccept(view -> {
            pending.headMap(id, true).clear();
            vpg.figures().checkpointDurable();
            offerNewest(new NewestCheckpoint(view.id(), view.time()));
            made.durable.complete(view);
        });
    }

    private void offerNewest(NewestCheckpoint candidate) {
        synchronized (newestLock) {
            if (newest.isEmpty() || newest.get().id().compareTo(candidate.id()) < 0) {
                newest = Optional.of(candidate);
            }
        }
    }

    private void memberChanged(VmId vm, MemberState state, String detail) {
        String name = vpg.definition().members().stream()
                .filter(member -> member.member().vm().equals(vm))
                .map(member -> member.member().vmName())
                .findFirst()
                .orElse(vm.toString());
        boolean degraded = state == MemberState.DEGRADED;
        String text =
                "VM '" + name + "' in VPG '" + vpg.name() + "' is " + state + (detail.isEmpty() ? "" : ": " + detail);
        context.events()
                .publish(
                        degraded ? Severity.WARNING : Severity.INFO,
                        "vpg",
                        Optional.of(vpg.id()),
                        Optional.of(vm),
                        "",
                        text);
        if (degraded) {
            context.alerts().open(AlertCode.MEMBER_DEGRADED, about(vm), Optional.of(vpg.id()), text);
        } else {
            context.alerts().close(AlertCode.MEMBER_DEGRADED, about(vm));
        }
    }

    private void cancelTicker() {
        Appointment running = ticker;
        if (running != null) {
            running.cancel();
            ticker = null;
        }
    }

    private void failPending() {
        pending.values().forEach(made -> made.durable.cancel(false));
        pending.clear();
    }

    private String about(VmId vm) {
        return vpg.id() + "/" + vm;
    }

    private ControlException notPossible() {
        String why = vpg.lifecycle() != VpgLifecycle.ACTIVE
                ? "it is " + vpg.lifecycle()
                : vpg.definition().members().stream()
                        .filter(member -> member(member.member().vm())
                                .map(note -> note.state() != MemberState.PROTECTED)
                                .orElse(true))
                        .map(member -> "VM '" + member.member().vmName() + "' is "
                                + member(member.member().vm())
                                        .map(note -> note.state().toString())
                                        .orElse("not captured yet"))
                        .findFirst()
                        .orElseGet(this::memberDetails);
        return ErrorCode.CHECKPOINT_NOT_POSSIBLE.because(
                "No checkpoint of VPG '" + vpg.name() + "' was made", why, "Wait until it is PROTECTED and ask again.");
    }

    /** All members are protected, and yet a capture did not confirm that it misses nothing: they say why. */
    private String memberDetails() {
        return vpg.definition().members().stream()
                .flatMap(member -> member(member.member().vm()).stream()
                        .map(note -> "VM '" + member.member().vmName() + "': " + note.detail()))
                .collect(Collectors.joining("; "));
    }

    private ControlException notDurable(String why) {
        return ErrorCode.CHECKPOINT_NOT_DURABLE.because(
                "The checkpoint of VPG '" + vpg.name() + "' is not known to be selectable",
                why,
                "Look into the list of checkpoints later; ask again if it is not there.");
    }

    /** What the data plane said of a member last. */
    record MemberNote(MemberState state, String detail) {}

    /** A cut on its way. */
    private static final class Pending {
        final CompletableFuture<CheckpointView> cut = new CompletableFuture<>();
        final CompletableFuture<CheckpointView> durable = new CompletableFuture<>();
    }

    /** Notes what the data plane says; everything slow is posted to the mailbox. */
    private final class Listener implements ProtectionListener {
        @Override
        public void onMemberState(VmId vm, MemberState state, String detail) {
            MemberNote note = new MemberNote(state, detail);
            MemberNote before = members.put(vm, note);
            if (!note.equals(before)) {
                vpg.mailbox().post(() -> memberChanged(vm, state, detail));
            }
        }

        @Override
        public void onCheckpointDurable(CheckpointId checkpoint) {
            durable(checkpoint);
        }

        @Override
        public void onFenced(ProviderException refusal) {
            vpg.mailbox().post(() -> fenced(vpg.definition().epoch(), refusal.happened() + ", " + refusal.why()));
        }
    }
}
