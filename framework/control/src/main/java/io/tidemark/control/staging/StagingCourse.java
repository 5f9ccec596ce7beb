package io.tidemark.control.staging;

import io.tidemark.control.ControlException;
import io.tidemark.control.ErrorCode;
import io.tidemark.control.ProviderFailures;
import io.tidemark.control.checkpoint.CheckpointHolds;
import io.tidemark.control.event.AlertCode;
import io.tidemark.control.vpg.Custody;
import io.tidemark.control.vpg.StagingView;
import io.tidemark.control.vpg.Vpg;
import io.tidemark.control.vpg.VpgContext;
import io.tidemark.control.vpg.VpgLifecycle;
import io.tidemark.control.vpg.VpgView.NewestCheckpoint;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.recovery.PreStaging;
import io.tidemark.spi.recovery.RecoverySite;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Decides when a VPG is staged, one run at a time, and what a failed run means: the next one later, and an alert. Any thread. */
final class StagingCourse {
    private static final Logger LOG = LoggerFactory.getLogger(StagingCourse.class);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(15);
    /** A target that does not answer once is no news. */
    private static final int FAILURES_BEFORE_ALERT = 2;

    private final Vpg vpg;
    private final VpgContext context;
    private final StagingTable table;
    private final CheckpointHolds holds;
    private final AtomicBoolean running = new AtomicBoolean();
    private volatile boolean ended;
    private volatile Optional<Double> progress = Optional.empty();
    private volatile String problem = "";
    private volatile Instant notBefore = Instant.MIN;
    private final AtomicInteger failures = new AtomicInteger();

    StagingCourse(Vpg vpg, VpgContext context, StagingTable table, CheckpointHolds holds) {
        this.vpg = vpg;
        this.context = context;
        this.table = table;
        this.holds = holds;
    }

    /** Begins a run if one is due; returns at once. */
    void look() {
        boolean stages = vpg.lifecycle() == VpgLifecycle.ACTIVE;
        // Nothing can be recovered any more from what is staged, and it costs money.
        boolean removes = vpg.lifecycle() == VpgLifecycle.FAILED_OVER
                && !table.all(vpg.id()).isEmpty();
        if (!stages && !removes) {
            problem = "";
            context.alerts().close(AlertCode.STAGING_FAILED, vpg.id().toString());
            return;
        }
        Optional<PreStaging> target = target();
        boolean due = !ended
                && vpg.custody().map(Custody::open).orElse(false)
                && target.isPresent()
                && !context.clock().instant().isBefore(notBefore);
        if (due && running.compareAndSet(false, true)) {
            Thread.ofVirtual().name("control-staging-" + vpg.name()).start(() -> run(target.get(), removes));
        }
    }

    private Optional<PreStaging> target() {
        return context.dataPlane()
                .hypervisors()
                .find(vpg.definition().recoveryHypervisor())
                .filter(RecoverySite.class::isInstance)
                .map(RecoverySite.class::cast)
                .flatMap(RecoverySite::preStaging);
    }

    private void run(PreStaging target, boolean removes) {
        try {
            StagingRun run = stagingRun(target);
            if (ended) {
                return;
            }
            if (removes) {
                run.forgetAll();
            } else if (isDue(target)) {
                run.run(fraction -> progress = Optional.of(fraction));
            }
            failures.set(0);
            problem = "";
            context.alerts().close(AlertCode.STAGING_FAILED, vpg.id().toString());
            notBefore = context.clock().instant().plus(context.settings().retryDelay());
            next(target).filter(next -> next.isAfter(notBefore)).ifPresent(next -> notBefore = next);
        } catch (ProviderException e) {
            failed(ProviderFailures.translate(e));
        } catch (ControlException e) {
            failed(e);
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).addKeyValue("vpg", vpg.id()).log("Staging met a defect");
            failed(ErrorCode.DEFECT.because(
                    "VPG '" + vpg.name() + "' was not staged", "of a defect: " + e, "Look into the log."));
        } finally {
            progress = Optional.empty();
            running.set(false);
        }
    }

    private StagingRun stagingRun(PreStaging target) {
        return new StagingRun(
                vpg,
                target,
                context.dataPlane().journals(),
                table,
                holds,
                context.clock(),
                context.settings().hypervisorTimeout(),
                () -> ended);
    }

    /** After a restart only the catalog knows when the last run began. */
    private boolean isDue(PreStaging target) {
        return next(target).filter(context.clock().instant()::isBefore).isEmpty();
    }

    /** One cadence after the newest run began; empty when none has, or when one was begun and did not end. */
    private Optional<Instant> next(PreStaging target) {
        List<StagedCheckpoint> rows = table.all(vpg.id());
        return rows.isEmpty() || rows.stream().anyMatch(row -> row.completed().isEmpty())
                ? Optional.empty()
                : Optional.of(rows.getLast().begun().plus(target.cadence()));
    }

    private void failed(ControlException why) {
        if (ended) {
            return;
        }
        int row = failures.incrementAndGet();
        problem = why.happened() + ": " + why.why() + ". " + why.remedy();
        Duration pause = context.settings().retryDelay().multipliedBy(1L << Math.min(row - 1, 10));
        notBefore = context.clock().instant().plus(pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE);
        LOG.atWarn().addKeyValue("vpg", vpg.id()).addKeyValue("failures", row).log("Staging failed: {}", problem);
        if (row >= FAILURES_BEFORE_ALERT || why.reason() != ControlException.Reason.UNREACHABLE) {
            context.alerts()
                    .open(
                            AlertCode.STAGING_FAILED,
                            vpg.id().toString(),
                            Optional.of(vpg.id()),
                            "VPG '" + vpg.name() + "' is not staged at '"
                                    + vpg.definition().recoveryHypervisor()
                                    + "'; a recovery would take longer, and loses nothing. " + problem);
        }
    }

    Optional<StagingView> view() {
        List<StagedCheckpoint> rows = table.all(vpg.id());
        Optional<PreStaging> target = target();
        if (rows.isEmpty() && target.isEmpty()) {
            return Optional.empty();
        }
        Optional<StagedCheckpoint> newest = rows.reversed().stream()
                .filter(row -> row.completed().isPresent())
                .findFirst();
        return Optional.of(new StagingView(
                newest.map(row -> new NewestCheckpoint(row.checkpoint(), row.time())),
                newest.flatMap(StagedCheckpoint::completed),
                progress,
                target.isPresent() ? problem : "the recovery hypervisor is not open"));
    }

    void close() {
        ended = true;
    }

    /** See {@link io.tidemark.control.vpg.StagedContents#end}. */
    void end() {
        ended = true;
        if (table.all(vpg.id()).isEmpty() && !running.get()) {
            return;
        }
        PreStaging target = target().orElseThrow(() -> ErrorCode.HYPERVISOR_UNREACHABLE.because(
                "What is staged of VPG '" + vpg.name() + "' was not removed",
                "hypervisor '" + vpg.definition().recoveryHypervisor() + "' is not open",
                "Open it; it is tried again."));
        if (!running.compareAndSet(false, true)) {
            throw ErrorCode.PROVIDER_UNREACHABLE.because(
                    "What is staged of VPG '" + vpg.name() + "' was not removed yet",
                    "a call to the target has not ended, and is not cut off",
                    "It is tried again.");
        }
        try {
            ProviderFailures.running(stagingRun(target)::forgetAll);
        } finally {
            running.set(false);
        }
    }
}
