package io.tidemark.control.report;

import io.tidemark.spi.id.VpgId;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;

/** Collects the figures of one VPG. Safe for use by several threads. */
public final class VpgFigures {
    private final VpgId vpg;
    private final Instant since;
    private final AtomicLong cut = new AtomicLong();
    private final AtomicLong durable = new AtomicLong();
    private final Samples rpoMillis = new Samples();
    private final Samples holdNanos = new Samples();

    public VpgFigures(VpgId vpg, Instant since) {
        this.vpg = vpg;
        this.since = since;
    }

    public void checkpointCut(long heldNanos) {
        cut.incrementAndGet();
        holdNanos.add(heldNanos);
    }

    public void checkpointDurable() {
        durable.incrementAndGet();
    }

    public void rpo(Duration age) {
        rpoMillis.add(age.toMillis());
    }

    public VpgStatistics snapshot() {
        return new VpgStatistics(
                vpg, since, cut.get(), durable.get(), rpoMillis.distribution(), holdNanos.distribution());
    }
}
