package io.tidemark.bench.suite;

import io.tidemark.bench.load.MemoryProbe;
import io.tidemark.bench.measure.Bar;
import io.tidemark.bench.measure.Comparison;
import io.tidemark.bench.measure.Outcome;
import io.tidemark.bench.measure.Round;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/** How much memory each protected TiB costs at the recovery site. */
final class ResidentMemory implements Benchmark {
    private static final int MANY_VOLUMES = 8;
    private static final double KIB_PER_MIB = 1024;

    private final Comparison perTib = Comparison.alone("resident memory per TiB", "MiB", Bar.valueAtMost(16));
    private final Comparison fixed = Comparison.alone("resident memory with 1 TiB, JVM included", "MiB", Bar.NONE);

    @Override
    public String name() {
        return "memory";
    }

    @Override
    public Explanation explanation() {
        return new Explanation(
                "memory of a process with a journal of 8 sparse volumes of 1 TiB, random writes of 4 KiB in each and a view of each open,"
                        + " less that of a process with one such volume, per further TiB",
                "none",
                "at most 16 MiB per TiB",
                2);
    }

    @Override
    public Set<String> programs() {
        return Set.of();
    }

    private static long writtenBytes(Scale scale) {
        return scale.choose(256 * Scale.MIB, 8 * Scale.MIB);
    }

    @Override
    public long diskBytes(Scale scale) {
        return MANY_VOLUMES * writtenBytes(scale) * 3 / 2 + Scale.GIB;
    }

    @Override
    public Outcome measure(Run run) throws IOException, InterruptedException {
        run.interleave(round -> processes(run, round));
        return new Outcome(
                name(),
                List.of(
                        Scale.words(writtenBytes(run.scale()))
                                + " of random writes of 4 KiB per TiB, all in the journal: "
                                + writtenBytes(run.scale()) / 4096 + " extents per TiB",
                        "anonymous resident memory after a collection, with a heap that gives back what it does not need; mapped files"
                                + " are page cache and not counted"),
                List.of(perTib.result(), fixed.result()));
    }

    private void processes(Run run, Round round) throws IOException, InterruptedException {
        long written = writtenBytes(run.scale());
        double one = MemoryProbe.residentKib(run.workplace(), 1, written) / KIB_PER_MIB;
        double many = MemoryProbe.residentKib(run.workplace(), MANY_VOLUMES, written) / KIB_PER_MIB;
        perTib.tidemark(round, (many - one) / (MANY_VOLUMES - 1));
        fixed.tidemark(round, one);
    }
}
