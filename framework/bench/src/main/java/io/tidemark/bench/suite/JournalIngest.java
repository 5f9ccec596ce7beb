package io.tidemark.bench.suite;

import io.tidemark.bench.load.LoadedJournal;
import io.tidemark.bench.load.Offsets;
import io.tidemark.bench.load.TemplateBatches;
import io.tidemark.bench.measure.Bar;
import io.tidemark.bench.measure.Comparison;
import io.tidemark.bench.measure.Outcome;
import io.tidemark.bench.measure.Round;
import io.tidemark.bench.process.FioJob;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;

/** How fast a journal takes large batches, checked and durable, against what the disk can do. */
final class JournalIngest implements Benchmark {
    private static final int RECORD_BYTES = 64 << 10;
    private static final double BYTES_PER_MB = 1e6;

    @Override
    public String name() {
        return "journal-ingest";
    }

    @Override
    public Explanation explanation() {
        return new Explanation(
                "durable ingest of batches of 64 KiB: every checksum verified, appended, an fdatasync after each 4 MiB",
                "fio, sequential direct writes of 1 MiB at queue depth 4 over a file that is laid out already",
                "at least 0.8 of the device; stretch 0.95",
                1);
    }

    @Override
    public Set<String> programs() {
        return Set.of("fio");
    }

    @Override
    public long diskBytes(Scale scale) {
        return 5 * roundBytes(scale) + 512 * Scale.MIB;
    }

    private static long roundBytes(Scale scale) {
        return scale.choose(Scale.GIB, 32 * Scale.MIB);
    }

    @Override
    public Outcome measure(Run run) throws IOException, InterruptedException {
        long bytes = roundBytes(run.scale());
        Comparison rate = Comparison.with("fio direct", "durable ingest", "MB/s", Bar.ratioAtLeast(0.8));
        Path folder = run.workplace().fresh("journal");
        TemplateBatches batches = new TemplateBatches(1, RECORD_BYTES, 1);
        LongSupplier offsets = Offsets.sequential(bytes, RECORD_BYTES);
        FioJob device = new FioJob(
                List.of(
                        "--filename=" + run.workplace().fresh("fio-file"),
                        "--rw=write",
                        "--bs=1M",
                        "--iodepth=4",
                        "--ioengine=libaio",
                        "--direct=1",
                        "--size=" + bytes),
                Duration.ofMinutes(1));
        try (LoadedJournal journal = LoadedJournal.createRecycling(folder, 1, bytes, bytes)) {
            run.interleave(
                    round -> ingest(journal, batches, offsets, bytes, rate, round),
                    round -> rate.peer(round, device.run(run.workplace()).writtenBytesPerSecond() / BYTES_PER_MB));
        }
        return new Outcome(
                name(),
                List.of(
                        "each side writes " + Scale.words(bytes) + " per round; MB/s of payload, 1 MB = 10^6 bytes",
                        "fio: O_DIRECT, no fsync, over blocks that are allocated already: the most that the device gives",
                        "Tidemark: O_DIRECT, fdatasync after each 4 MiB, over recycled segments; what was ingested is aged between rounds"),
                List.of(rate.result()));
    }

    private static void ingest(
            LoadedJournal journal,
            TemplateBatches batches,
            LongSupplier offsets,
            long bytes,
            Comparison rate,
            Round round)
            throws IOException {
        long began = System.nanoTime();
        journal.ingest(batches, offsets, bytes);
        double seconds = (System.nanoTime() - began) / 1e9;
        rate.tidemark(round, bytes / BYTES_PER_MB / seconds);
        journal.ageAll();
    }
}
