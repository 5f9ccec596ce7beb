package io.tidemark.bench.suite;

import io.tidemark.bench.load.LoadedJournal;
import io.tidemark.bench.load.Offsets;
import io.tidemark.bench.load.TemplateBatches;
import io.tidemark.bench.measure.Bar;
import io.tidemark.bench.measure.Comparison;
import io.tidemark.bench.measure.Outcome;
import io.tidemark.bench.measure.Round;
import io.tidemark.bench.measure.Samples;
import io.tidemark.bench.process.FioJob;
import io.tidemark.bench.process.FioResult;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;

/** How many small writes a second a journal makes durable, and how long the acknowledgement of one takes. */
final class JournalSmall implements Benchmark {
    private static final int RECORD_BYTES = 4096;
    private static final int RECORDS_PER_FULL_BATCH = 64;
    private static final int GUEST_DEPTH = 32;
    private static final double NANOS_PER_MICRO = 1000;
    private static final String PEER = "fio 4k+fdatasync";

    private final Comparison records = Comparison.with(PEER, "durable 4 KiB records", "1/s", Bar.ratioAtLeast(40));
    private final Comparison tail = Comparison.with(PEER, "acknowledgement p99, 32 waiting", "µs", Bar.ratioAtMost(3));
    private final Comparison middle = Comparison.with(PEER, "acknowledgement p50, 32 waiting", "µs", Bar.NONE);
    private final Comparison saturated = Comparison.with(PEER, "acknowledgement p99, saturated", "µs", Bar.NONE);

    @Override
    public String name() {
        return "journal-small";
    }

    @Override
    public Explanation explanation() {
        return new Explanation(
                "durable records of 4 KiB a second, in batches of 256 KiB and groups of 4 MiB; the time to a record's"
                        + " acknowledgement with 32 of them waiting, one fdatasync for all",
                "fio, random direct writes of 4 KiB with an fdatasync after each; p50 and p99 of that fdatasync",
                "at least 40 times as many records; p99 of the acknowledgement at most 3 times the p99 of one fdatasync",
                3);
    }

    @Override
    public Set<String> programs() {
        return Set.of("fio");
    }

    @Override
    public long diskBytes(Scale scale) {
        return 4 * volumeBytes(scale) + 512 * Scale.MIB;
    }

    private static long volumeBytes(Scale scale) {
        return scale.choose(Scale.GIB, 32 * Scale.MIB);
    }

    @Override
    public Outcome measure(Run run) throws IOException, InterruptedException {
        long bytes = volumeBytes(run.scale());
        Duration time = Duration.ofMillis(run.scale().choose(3000, 300));
        FioJob single = new FioJob(
                List.of(
                        "--filename=" + run.workplace().fresh("fio-file"),
                        "--rw=randwrite",
                        "--bs=4096",
                        "--ioengine=psync",
                        "--direct=1",
                        "--fdatasync=1",
                        "--size=" + bytes,
                        "--overwrite=1",
                        "--time_based",
                        "--runtime=" + time.toMillis() + "ms"),
                time);
        LongSupplier offsets = Offsets.random(bytes, RECORD_BYTES, 1);
        TemplateBatches full = new TemplateBatches(RECORDS_PER_FULL_BATCH, RECORD_BYTES, 1);
        TemplateBatches waiting = new TemplateBatches(GUEST_DEPTH, RECORD_BYTES, 2);
        try (LoadedJournal journal = LoadedJournal.create(run.workplace().fresh("journal"), 1, bytes)) {
            run.interleave(
                    round -> {
                        saturate(journal, full, offsets, time, round);
                        acknowledge(journal, waiting, offsets, time, round);
                        journal.ageAll();
                    },
                    round -> peer(single.run(run.workplace()), round));
        }
        return new Outcome(
                name(),
                List.of(
                        "fio: O_DIRECT and fdatasync over allocated blocks; Tidemark: cache mode of the engine, fdatasync per group",
                        "fio's times are those of its fdatasync alone, p99 against p99 and p50 against p50; Tidemark's include the write",
                        "'saturated': from the first append of a group of 4 MiB to its acknowledgement"),
                List.of(records.result(), tail.result(), middle.result(), saturated.result()));
    }

    private void saturate(
            LoadedJournal journal, TemplateBatches batches, LongSupplier offsets, Duration time, Round round)
            throws IOException {
        Samples groups = new Samples();
        long began = System.nanoTime();
        long now = began;
        long done = 0;
        while (now - began < time.toNanos()) {
            long groupBegan = now;
            for (long size = 0; size < LoadedJournal.GROUP_BYTES; size += batches.payloadBytes()) {
                journal.append(batches, offsets);
                done += batches.records();
            }
            journal.journal().sync();
            now = System.nanoTime();
            groups.add((now - groupBegan) / NANOS_PER_MICRO);
        }
        records.tidemark(round, done * 1e9 / (now - began));
        saturated.tidemark(round, groups.statistics().percentile(0.99));
    }

    private void acknowledge(
            LoadedJournal journal, TemplateBatches batches, LongSupplier offsets, Duration time, Round round)
            throws IOException {
        Samples acknowledgements = new Samples();
        long began = System.nanoTime();
        long now = began;
        while (now - began < time.toNanos()) {
            long issued = now;
            journal.append(batches, offsets);
            journal.journal().sync();
            now = System.nanoTime();
            acknowledgements.add((now - issued) / NANOS_PER_MICRO);
        }
        tail.tidemark(round, acknowledgements.statistics().percentile(0.99));
        middle.tidemark(round, acknowledgements.statistics().median());
    }

    private void peer(FioResult result, Round round) throws IOException {
        double p99 = result.syncMicros(0.99);
        records.peer(round, result.writesPerSecond());
        tail.peer(round, p99);
        saturated.peer(round, p99);
        middle.peer(round, result.syncMicros(0.5));
    }
}
