package io.tidemark.bench.suite;

import io.tidemark.bench.load.ProtectedVolume;
import io.tidemark.bench.measure.Bar;
import io.tidemark.bench.measure.Comparison;
import io.tidemark.bench.measure.Metric;
import io.tidemark.bench.measure.Outcome;
import io.tidemark.bench.measure.Round;
import io.tidemark.bench.process.FioJob;
import io.tidemark.bench.process.FioResult;
import io.tidemark.bench.process.Peer;
import io.tidemark.bench.process.Program;
import io.tidemark.bench.process.Workplace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** How fast the capture server takes writes while all of them go on into a journal, against servers that only write a file. */
final class CaptureServer implements Benchmark {
    private static final double BYTES_PER_MB = 1e6;
    private static final String QEMU = "qemu-nbd raw";
    private static final String NBDKIT = "nbdkit file";

    /** One pattern of load with what is compared in it. */
    private record Load(
            String name, String pattern, int blockBytes, int depth, long mib, String unit, List<Comparison> compared) {
        static Load of(
                String name, String pattern, int blockBytes, int depth, long mib, String unit, Bar qemu, Bar nbdkit) {
            return new Load(
                    name,
                    pattern,
                    blockBytes,
                    depth,
                    mib,
                    unit,
                    List.of(Comparison.with(QEMU, name, unit, qemu), Comparison.with(NBDKIT, name, unit, nbdkit)));
        }

        double rate(FioResult result) {
            return unit.equals("MB/s") ? result.writtenBytesPerSecond() / BYTES_PER_MB : result.writesPerSecond();
        }

        /** So much data, not so much time: the lane's memory must hold what the journal has not taken yet. */
        FioJob job(Run run, Path socket, String export) {
            long bytes = run.scale().choose(mib, Math.max(1, mib / 16)) * Scale.MIB;
            return FioJob.onNbd(socket, export, pattern, blockBytes, depth)
                    .with("--io_size=" + bytes)
                    .with("--refill_buffers");
        }

        /** How long writing took. */
        double seconds(Run run, FioResult result) {
            return run.scale().choose(mib, Math.max(1, mib / 16)) * Scale.MIB / result.writtenBytesPerSecond();
        }
    }

    private final List<Load> loads = List.of(
            Load.of("4 KiB random writes, depth 1", "randwrite", 4096, 1, 128, "1/s", Bar.NONE, Bar.NONE),
            Load.of(
                    "4 KiB random writes, depth 32",
                    "randwrite",
                    4096,
                    32,
                    512,
                    "1/s",
                    Bar.ratioAtLeast(3),
                    Bar.ratioAtLeast(1.2)),
            Load.of("256 KiB sequential writes, depth 8", "write", 256 << 10, 8, 768, "MB/s", Bar.NONE, Bar.NONE));
    private final Comparison durable = Comparison.with(QEMU, "4 KiB, depth 32, until durable", "1/s", Bar.NONE);

    @Override
    public String name() {
        return "nbd-server";
    }

    @Override
    public Explanation explanation() {
        return new Explanation(
                "writes over NBD into the capture server, with everything behind it: lane, batches, journal, fdatasync",
                "qemu-nbd and nbdkit on a raw file in the page cache; fio writes to all three",
                "at depth 32 at least 3 times qemu-nbd and 1.2 times nbdkit",
                2);
    }

    @Override
    public Set<String> programs() {
        return Set.of("fio", "qemu-nbd", "nbdkit");
    }

    private static long volumeBytes(Scale scale) {
        return scale.choose(Scale.GIB, 64 * Scale.MIB);
    }

    @Override
    public long diskBytes(Scale scale) {
        return 2 * volumeBytes(scale) + scale.choose(16 * Scale.GIB, 4 * Scale.GIB);
    }

    @Override
    public Outcome measure(Run run) throws IOException, InterruptedException {
        Workplace workplace = run.workplace();
        Path qemuFile = allocate(run);
        Path nbdkitFile = allocate(run);
        Path qemuSocket = workplace.fresh("qemu");
        Path nbdkitSocket = workplace.fresh("nbdkit");
        try (Peer qemu = QemuNbd.serve(workplace, qemuFile, "raw", qemuSocket, QemuNbd.Access.WRITABLE);
                Peer nbdkit = Program.serve(
                                workplace,
                                List.of("nbdkit", "-f", "-U", nbdkitSocket.toString(), "file", nbdkitFile.toString()))
                        .awaitSocket(nbdkitSocket)) {
            run.interleave(
                    round -> tidemark(run, round),
                    round -> peer(run, round, qemuSocket, 0),
                    round -> peer(run, round, nbdkitSocket, 1));
        }
        List<Metric> metrics = new ArrayList<>();
        for (Load load : loads) {
            load.compared().forEach(comparison -> metrics.add(comparison.result()));
        }
        metrics.add(durable.result());
        return new Outcome(
                name(),
                List.of(
                        "peers: page cache, no fsync (qemu-nbd --cache=writeback --aio=io_uring; nbdkit as it is); fio's data do not compress",
                        "Tidemark acknowledges a write once its lane has it in memory, and journals it with fdatasync meanwhile, on the same machine",
                        "lane memory 1 GiB instead of 64 MiB; a run in which it did not suffice would be refused; the way between the sites is a copy in memory",
                        "'until durable' counts until the last write is durable in the journal; qemu-nbd's side of it is not durable"),
                metrics);
    }

    private static Path allocate(Run run) throws IOException, InterruptedException {
        Path file = run.workplace().fresh("raw");
        long mib = volumeBytes(run.scale()) / Scale.MIB;
        Program.run(
                run.workplace(),
                Duration.ofMinutes(2),
                List.of("dd", "if=/dev/zero", "of=" + file, "bs=1M", "count=" + mib, "conv=fdatasync"));
        return file;
    }

    private void tidemark(Run run, Round round) throws IOException, InterruptedException {
        Path folder = run.workplace().fresh("journals");
        Path socket = run.workplace().fresh("capture");
        try (ProtectedVolume volume = ProtectedVolume.serve(folder, socket, volumeBytes(run.scale()))) {
            volume.contentsDelivered();
            for (Load load : loads) {
                FioResult result = load.job(run, socket, ProtectedVolume.EXPORT).run(run.workplace());
                long ended = System.nanoTime();
                volume.drain();
                volume.checkContinuity();
                double drainSeconds = (System.nanoTime() - ended) / 1e9;
                load.compared().forEach(comparison -> comparison.tidemark(round, load.rate(result)));
                if (load.depth() == 32) {
                    double seconds = load.seconds(run, result);
                    durable.tidemark(round, result.writesPerSecond() * seconds / (seconds + drainSeconds));
                }
            }
        }
        Workplace.delete(folder);
        Files.deleteIfExists(socket);
    }

    private void peer(Run run, Round round, Path socket, int index) throws IOException, InterruptedException {
        for (Load load : loads) {
            double rate = load.rate(load.job(run, socket, "").run(run.workplace()));
            load.compared().get(index).peer(round, rate);
            if (index == 0 && load.depth() == 32) {
                durable.peer(round, rate);
            }
        }
    }
}
