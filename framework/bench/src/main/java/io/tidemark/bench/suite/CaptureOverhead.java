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
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** What capture costs a guest's write, in latency. */
final class CaptureOverhead implements Benchmark {
    private static final int BLOCK_BYTES = 4096;
    private static final String NULL = "mirror to nbdkit null";
    private static final String BARE = "unprotected";

    /** One percentile of the latency, against both peers, and the peers against each other. */
    private record Latency(double part, Comparison ofNull, Comparison ofBare, Comparison nullOfBare) {
        static Latency of(double part) {
            String name = "write latency p" + Math.round(part * 100);
            return new Latency(
                    part,
                    Comparison.with(NULL, name, "µs", Bar.ratioAtMost(1)),
                    Comparison.with(BARE, name, "µs", Bar.NONE),
                    Comparison.with(BARE, NULL, "µs", Bar.NONE));
        }
    }

    private final List<Latency> latencies = List.of(Latency.of(0.5), Latency.of(0.99));

    @Override
    public String name() {
        return "capture-overhead";
    }

    @Override
    public Explanation explanation() {
        return new Explanation(
                "latency of a guest's write of 4 KiB with capture on; qemu-storage-daemon stands in for the VM and mirrors its disk,"
                        + " write-blocking, to the capture server with its journal",
                "the same with a mirror to nbdkit's null plugin, which drops everything; and without a mirror",
                "p50 and p99 at most those of the mirror to null",
                2);
    }

    @Override
    public Set<String> programs() {
        return Set.of("fio", "nbdkit", "qemu-storage-daemon", "dd");
    }

    private static long diskBytes(Run run) {
        return run.scale().choose(256 * Scale.MIB, 32 * Scale.MIB);
    }

    @Override
    public long diskBytes(Scale scale) {
        return scale.choose(6 * Scale.GIB, Scale.GIB);
    }

    @Override
    public Outcome measure(Run run) throws IOException, InterruptedException {
        Workplace workplace = run.workplace();
        long bytes = diskBytes(run);
        Path capture = workplace.fresh("capture");
        Path dropped = workplace.fresh("null");
        try (StandInGuest bare = StandInGuest.start(workplace, bytes);
                StandInGuest mirrored = StandInGuest.start(workplace, bytes);
                StandInGuest captured = StandInGuest.start(workplace, bytes);
                ProtectedVolume volume = ProtectedVolume.serve(workplace.fresh("journals"), capture, bytes);
                Peer nbdkit = Program.serve(
                                workplace, List.of("nbdkit", "-f", "-U", dropped.toString(), "null", "size=" + bytes))
                        .awaitSocket(dropped)) {
            mirrored.mirrorTo(dropped, "");
            captured.mirrorTo(capture, ProtectedVolume.EXPORT);
            volume.contentsDelivered();
            run.interleave(
                    round -> {
                        FioResult result = write(run, captured);
                        volume.drain();
                        volume.checkContinuity();
                        for (Latency latency : latencies) {
                            latency.ofNull().tidemark(round, result.writeMicros(latency.part()));
                            latency.ofBare().tidemark(round, result.writeMicros(latency.part()));
                        }
                    },
                    round -> toNull(write(run, mirrored), round),
                    round -> unprotected(write(run, bare), round));
        }
        return outcome();
    }

    private Outcome outcome() {
        List<Metric> metrics = new ArrayList<>();
        latencies.forEach(latency -> metrics.add(latency.ofNull().result()));
        latencies.forEach(latency -> metrics.add(latency.ofBare().result()));
        List<String> notes = new ArrayList<>(
                List.of(
                        "fio writes 4 KiB at random, depth 1, over NBD to each stand-in; their disks are files with O_DIRECT and io_uring",
                        "the journal behind the capture server runs on the same machine; the way between the sites is a copy in memory"));
        for (Latency latency : latencies) {
            var metric = latency.nullOfBare().result();
            notes.add(String.format(
                    Locale.ROOT,
                    "%s against %s, p%d: %.2f times (%.2f–%.2f)",
                    NULL,
                    BARE,
                    Math.round(latency.part() * 100),
                    metric.ratio(),
                    metric.spread().min(),
                    metric.spread().max()));
        }
        return new Outcome(name(), notes, metrics);
    }

    private void toNull(FioResult result, Round round) throws IOException {
        for (Latency latency : latencies) {
            latency.ofNull().peer(round, result.writeMicros(latency.part()));
            latency.nullOfBare().tidemark(round, result.writeMicros(latency.part()));
        }
    }

    private void unprotected(FioResult result, Round round) throws IOException {
        for (Latency latency : latencies) {
            latency.ofBare().peer(round, result.writeMicros(latency.part()));
            latency.nullOfBare().peer(round, result.writeMicros(latency.part()));
        }
    }

    private static FioResult write(Run run, StandInGuest guest) throws IOException, InterruptedException {
        Duration time = Duration.ofMillis(run.scale().choose(3000, 300));
        return FioJob.onNbd(guest.socket(), StandInGuest.EXPORT, "randwrite", BLOCK_BYTES, 1, time)
                .run(run.workplace());
    }
}
