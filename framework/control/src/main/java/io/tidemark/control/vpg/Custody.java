package io.tidemark.control.vpg;

import io.tidemark.control.dataplane.JournalStore;
import io.tidemark.control.dataplane.JournalStore.JournalCheckpoint;
import io.tidemark.control.dataplane.JournalStore.JournalUsage;
import io.tidemark.control.event.AlertCode;
import io.tidemark.control.vpg.VpgView.NewestCheckpoint;
import io.tidemark.spi.error.ProviderException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the journals of one VPG on its recovery site: opens them at start, ages them, and keeps what the source reported last.
 *
 * <p>Called by any thread.
 */
public final class Custody {
    private static final Logger LOG = LoggerFactory.getLogger(Custody.class);
    /** Share of the configured history below which people are warned. */
    private static final double SHORT_HISTORY = 0.75;

    private final Vpg vpg;
    private final VpgContext context;
    private final AtomicBoolean ageing = new AtomicBoolean();
    private volatile boolean open;
    private volatile boolean closed;
    private volatile Optional<SourceReport> source = Optional.empty();

    Custody(Vpg vpg, VpgContext context) {
        this.vpg = vpg;
        this.context = context;
    }

    /** Creates or opens the journals. */
    void prepare() throws ProviderException {
        JournalStore journals = context.dataPlane().journals();
        journals.prepare(
                vpg.definition().forDataPlane(context.settings().site()),
                vpg.definition().peer());
        // Durable on its own; said again, so that a journal that was restored from elsewhere cannot be behind the
        // catalog (J7).
        journals.fence(vpg.id(), vpg.definition().epoch());
        journals.limit(vpg.id(), vpg.definition().policy().journal());
        open = true;
        context.alerts().close(AlertCode.JOURNAL_UNAVAILABLE, vpg.id().toString());
    }

    /** Opens the journals after a restart, again and again until that works, and then goes on. */
    void resume(Runnable afterwards) {
        if (closed) {
            return;
        }
        try {
            prepare();
        } catch (ProviderException e) {
            context.alerts()
                    .open(
                            AlertCode.JOURNAL_UNAVAILABLE,
                            vpg.id().toString(),
                            Optional.of(vpg.id()),
                            "The journals of VPG '" + vpg.name() + "' cannot be opened. " + e.getMessage());
            context.timer().after(context.settings().retryDelay(), () -> resume(afterwards));
            return;
        }
        afterwards.run();
    }

    public boolean open() {
        return open;
    }

    Optional<SourceReport> source() {
        return source;
    }

    void heard(SourceReport report) {
        source = Optional.of(report);
    }

    /** The newest selectable checkpoint; empty when there is none or the journals cannot be read, which other calls report. */
    Optional<NewestCheckpoint> newest() {
        if (!open) {
            return Optional.empty();
        }
        try {
            return context.dataPlane()
                    .journals()
                    .newestCheckpoint(vpg.id())
                    .map(checkpoint -> new NewestCheckpoint(checkpoint.id(), checkpoint.time()));
        } catch (ProviderException e) {
            LOG.atWarn().setCause(e).addKeyValue("vpg", vpg.id()).log("The newest checkpoint could not be read");
            return Optional.empty();
        }
    }

    Optional<JournalUsage> usage() {
        if (!open) {
            return Optional.empty();
        }
        try {
            return context.dataPlane().journals().usage(vpg.id());
        } catch (ProviderException e) {
            LOG.atWarn().setCause(e).addKeyValue("vpg", vpg.id()).log("The journal's usage could not be read");
            return Optional.empty();
        }
    }

    /** Samples the RPO and the journals' room, and raises or ends their alerts. */
    void sample() {
        if (vpg.lifecycle() == VpgLifecycle.ACTIVE) {
            usage().flatMap(JournalUsage::room).ifPresent(room -> JournalAlerts.evaluate(vpg, context.alerts(), room));
        } else {
            JournalAlerts.close(vpg, context.alerts());
        }
        boolean paused = source.map(report -> report.state() == VpgState.PAUSED).orElse(false);
        if (vpg.lifecycle() != VpgLifecycle.ACTIVE || paused) {
            context.alerts().close(AlertCode.RPO_EXCEEDED, vpg.id().toString());
            return;
        }
        newest().ifPresent(known -> {
            Duration rpo = Duration.between(known.time(), context.clock().instant());
            vpg.figures().rpo(rpo.isNegative() ? Duration.ZERO : rpo);
            RpoAlert.evaluate(vpg, context.alerts(), rpo);
        });
    }

    /**
     * Ages the journals by the configured history, which counts from the newest checkpoint and not from now: while the source is silent
     * the history that is there stays, and does not melt away with the clock.
     */
    void age() {
        if (!open || closed || vpg.lifecycle() != VpgLifecycle.ACTIVE || !ageing.compareAndSet(false, true)) {
            return;
        }
        try {
            JournalStore journals = context.dataPlane().journals();
            Optional<JournalCheckpoint> newest = journals.newestCheckpoint(vpg.id());
            if (newest.isEmpty()) {
                return;
            }
            Instant now = context.clock().instant();
            Instant end = newest.get().time().isBefore(now) ? newest.get().time() : now;
            VpgPolicy policy;
            do {
                // Once more where it was changed meanwhile: whoever changed it found this turn running.
                policy = vpg.definition().policy();
                journals.age(vpg.id(), policy.journal(), end);
            } while (!closed && !policy.equals(vpg.definition().policy()));
            warnOfShortHistory(journals.checkpoints(vpg.id()), end, policy.journalHistory());
        } catch (ProviderException e) {
            LOG.atWarn().setCause(e).addKeyValue("vpg", vpg.id()).log("Ageing failed; it is tried again");
        } finally {
            ageing.set(false);
        }
    }

    /** Ages without waiting for its turn, because the policy was changed; returns at once. */
    void ageSoon() {
        Thread.ofVirtual().name("control-ageing-" + vpg.name()).start(this::age);
    }

    void close() {
        closed = true;
    }

    private void warnOfShortHistory(List<JournalCheckpoint> checkpoints, Instant end, Duration history) {
        if (checkpoints.isEmpty()) {
            return;
        }
        boolean oldEnough = vpg.definition().createdAt().plus(history).isBefore(end);
        Duration kept = Duration.between(checkpoints.getFirst().time(), end);
        if (oldEnough && kept.toMillis() < history.toMillis() * SHORT_HISTORY) {
            context.alerts()
                    .open(
                            AlertCode.HISTORY_SHORT,
                            vpg.id().toString(),
                            Optional.of(vpg.id()),
                            "The journal of VPG '" + vpg.name() + "' reaches back " + kept.toMinutes() + " of "
                                    + history.toMinutes()
                                    + " minutes. See for space, for the journal limit of its policy, or for syncs that took long.");
        } else {
            context.alerts().close(AlertCode.HISTORY_SHORT, vpg.id().toString());
        }
    }
}
