package io.tidemark.bench.suite;

import io.tidemark.bench.load.AgeingThread;
import io.tidemark.bench.load.LoadedJournal;
import io.tidemark.bench.load.Offsets;
import io.tidemark.bench.load.TemplateBatches;
import io.tidemark.bench.measure.Bar;
import io.tidemark.bench.measure.Comparison;
import io.tidemark.bench.measure.Outcome;
import io.tidemark.bench.measure.Round;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;

/** Whether ageing keeps up with ingest, and what it costs the ingest. */
final class AgeingWhileIngesting implements Benchmark {
    private static final int RECORD_BYTES = 16 << 10;
    private static final int RECORDS_PER_BATCH = 16;
    private static final long STEP_BYTES = 64 * Scale.MIB;
    private static final double BYTES_PER_MB = 1e6;

    private final Comparison ingest =
            Comparison.with("ingest alone", "ingest while ageing", "MB/s", Bar.ratioAtLeast(0.9));
    private final Comparison ageing =
            Comparison.with("ingest in the same time", "ageing while ingesting", "MB/s", Bar.ratioAtLeast(1));

    @Override
    public String name() {
        return "ageing";
    }

    @Override
    public Explanation explanation() {
        return new Explanation(
                "ingest of random writes of 16 KiB with a checkpoint each 64 MiB, while everything before the newest checkpoint is folded into"
                        + " the base image",
                "the same ingest without ageing",
                "ageing at least as fast as ingest; ingest at least 0.9 of what it is alone",
                2);
    }

    @Override
    public Set<String> programs() {
        return Set.of();
    }

    private static long volumeBytes(Scale scale) {
        return scale.choose(Scale.GIB, 64 * Scale.MIB);
    }

    @Override
    public long diskBytes(Scale scale) {
        return 7 * volumeBytes(scale) + 2 * Scale.GIB;
    }

    @Override
    public Outcome measure(Run run) throws IOException, InterruptedException {
        long volumeBytes = volumeBytes(run.scale());
        long bytes = 4 * volumeBytes;
        TemplateBatches batches = new TemplateBatches(RECORDS_PER_BATCH, RECORD_BYTES, 6);
        LongSupplier offsets = Offsets.random(volumeBytes, RECORD_BYTES, 6);
        try (LoadedJournal journal = LoadedJournal.create(run.workplace().fresh("journal"), 1, volumeBytes)) {
            run.interleave(
                    round -> alone(journal, batches, offsets, bytes, round),
                    round -> together(journal, batches, offsets, bytes, round));
        }
        return new Outcome(
                name(),
                List.of(
                        "each side ingests " + Scale.words(bytes) + " per round to a volume of "
                                + Scale.words(volumeBytes) + "; cache mode of the engine on both",
                        "MB/s of payload, 1 MB = 10^6 bytes; ageing counts the records that the floor moved over"),
                List.of(ingest.result(), ageing.result()));
    }

    private void alone(LoadedJournal journal, TemplateBatches batches, LongSupplier offsets, long bytes, Round round)
            throws IOException {
        prepare(journal, batches, offsets);
        long began = System.nanoTime();
        for (long done = 0; done < bytes; done += STEP_BYTES) {
            journal.ingest(batches, offsets, STEP_BYTES);
            journal.checkpoint();
        }
        ingest.peer(round, bytes / BYTES_PER_MB / secondsSince(began));
    }

    private void together(LoadedJournal journal, TemplateBatches batches, LongSupplier offsets, long bytes, Round round)
            throws IOException {
        prepare(journal, batches, offsets);
        long floor = journal.journal().statistics().floorPosition();
        long began = System.nanoTime();
        long agedRecords;
        double seconds;
        try (AgeingThread running = new AgeingThread(journal.journal())) {
            for (long done = 0; done < bytes; done += STEP_BYTES) {
                journal.ingest(batches, offsets, STEP_BYTES);
                journal.checkpoint();
            }
            seconds = secondsSince(began);
            agedRecords = journal.journal().statistics().floorPosition() - floor;
        }
        double rate = bytes / BYTES_PER_MB / seconds;
        ingest.tidemark(round, rate);
        ageing.tidemark(round, agedRecords * RECORD_BYTES / BYTES_PER_MB / seconds);
        ageing.peer(round, rate);
    }

    /** Both sides begin with the same: all aged but a few segments. */
    private static void prepare(LoadedJournal journal, TemplateBatches batches, LongSupplier offsets)
            throws IOException {
        journal.ageAll();
        journal.ingest(batches, offsets, 2 * STEP_BYTES);
        journal.checkpoint();
    }

    private static double secondsSince(long began) {
        return (System.nanoTime() - began) / 1e9;
    }
}
