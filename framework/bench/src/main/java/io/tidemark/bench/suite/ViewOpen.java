package io.tidemark.bench.suite;

import io.tidemark.bench.load.LoadedJournal;
import io.tidemark.bench.load.ViewExport;
import io.tidemark.bench.measure.Bar;
import io.tidemark.bench.measure.Comparison;
import io.tidemark.bench.measure.Metric;
import io.tidemark.bench.measure.Outcome;
import io.tidemark.bench.measure.Round;
import io.tidemark.bench.measure.Samples;
import io.tidemark.bench.measure.Statistics;
import io.tidemark.bench.process.Peer;
import io.tidemark.journal.CheckpointRecord;
import io.tidemark.journal.VolumeView;
import io.tidemark.nbd.NbdClient;
import io.tidemark.nbd.NbdClientConfig;
import io.tidemark.nbd.NbdServer;
import io.tidemark.nbd.NbdServerConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** How soon the first bytes of a volume at any checkpoint can be read over NBD, and whether that grows with the journal. */
final class ViewOpen implements Benchmark {
    private static final int BLOCK_BYTES = 4096;
    private static final double NANOS_PER_MILLI = 1e6;
    private static final int FEWEST_OPENS = 20;
    private static final int MOST_OPENS = 200;
    private static final long ENOUGH_NANOS = 5_000_000_000L;
    private static final int CHAIN_OPENS = 3;

    private final Random random = new Random(4);

    @Override
    public String name() {
        return "view-open";
    }

    @Override
    public Explanation explanation() {
        return new Explanation(
                "time until the first 4 KiB of a volume at a random checkpoint have been read over NBD; journals of 1, 8 and 32 GiB"
                        + " with 17,280 checkpoints, a day of one each 5 s",
                "qemu-nbd started on a qcow2 chain of 400 snapshots",
                "p99 at most 5 ms; at most 1.3 times as long for the largest journal as for the smallest; 100 times faster than the chain",
                6);
    }

    @Override
    public Set<String> programs() {
        return Set.of("qemu-nbd", "qemu-img", "qemu-io");
    }

    private static long[] sizes(Scale scale) {
        return scale.journalSizes(Scale.GIB, 8 * Scale.GIB, 32 * Scale.GIB);
    }

    @Override
    public long diskBytes(Scale scale) {
        return Arrays.stream(sizes(scale)).sum() * 21 / 20 + 2 * Scale.GIB;
    }

    private record Subject(long sizeBytes, LoadedJournal journal, Comparison tail, Comparison middle) {}

    @Override
    public Outcome measure(Run run) throws IOException, InterruptedException {
        int checkpoints = (int) run.scale().choose(17_280, 1_728);
        SnapshotChain chain =
                SnapshotChain.build(run.workplace(), (int) run.scale().choose(400, 40), Scale.GIB);
        List<Subject> subjects = new ArrayList<>();
        try {
            for (long size : sizes(run.scale())) {
                run.say("filling a journal of " + Scale.words(size));
                LoadedJournal journal = JournalSizes.fill(run.workplace().fresh("journal"), size, checkpoints);
                String what = Scale.words(size) + " journal";
                subjects.add(new Subject(
                        size,
                        journal,
                        Comparison.with(chain.words(), "first byte p99, " + what, "ms", Bar.valueAtMost(5)),
                        Comparison.with(chain.words(), "first byte p50, " + what, "ms", Bar.ratioAtMost(0.01))));
            }
            List<Metric> metrics = rounds(run, chain, subjects);
            return new Outcome(
                    name(),
                    List.of(
                            "page cache on both sides, warm; the NBD connection is part of the time on both",
                            "qemu-nbd's time begins with its start; Tidemark's server runs already, as it does in the product",
                            JournalSizes.note(sizes(run.scale()).length, 3) + ", with " + checkpoints + " checkpoints"),
                    metrics);
        } finally {
            for (Subject subject : subjects) {
                subject.journal().close();
            }
        }
    }

    private List<Metric> rounds(Run run, SnapshotChain chain, List<Subject> subjects)
            throws IOException, InterruptedException {
        Subject small = subjects.getFirst();
        Subject large = subjects.getLast();
        Comparison growth = Comparison.with(
                Scale.words(small.sizeBytes()) + " journal",
                "first byte p50, " + Scale.words(large.sizeBytes()) + " journal",
                "ms",
                Bar.ratioAtMost(1.3));
        Path socket = run.workplace().fresh("views");
        try (NbdServer server = NbdServer.listen(NbdServerConfig.unix(socket))) {
            run.interleave(round -> {
                for (Subject subject : subjects) {
                    Statistics opens = openMany(subject.journal(), server, socket);
                    subject.tail().tidemark(round, opens.percentile(0.99));
                    subject.middle().tidemark(round, opens.median());
                    if (subject.equals(small)) {
                        growth.peer(round, opens.median());
                    }
                    if (subject.equals(large)) {
                        growth.tidemark(round, opens.median());
                    }
                }
                peer(run, chain, subjects, round);
            });
        }
        List<Metric> metrics = new ArrayList<>();
        subjects.forEach(subject -> metrics.add(subject.tail().result()));
        subjects.forEach(subject -> metrics.add(subject.middle().result()));
        if (subjects.size() > 1) {
            metrics.add(growth.result());
        }
        return metrics;
    }

    private void peer(Run run, SnapshotChain chain, List<Subject> subjects, Round round) throws IOException {
        Samples opens = new Samples();
        for (int i = 0; i < CHAIN_OPENS; i++) {
            Path socket = run.workplace().fresh("chain-socket");
            long began = System.nanoTime();
            try (Peer served = chain.serve(socket)) {
                readOne(socket, "");
                opens.add((System.nanoTime() - began) / NANOS_PER_MILLI);
            }
            Files.deleteIfExists(socket);
        }
        double median = opens.statistics().median();
        for (Subject subject : subjects) {
            subject.tail().peer(round, median);
            subject.middle().peer(round, median);
        }
    }

    private Statistics openMany(LoadedJournal journal, NbdServer server, Path socket) throws IOException {
        Samples opens = new Samples();
        List<CheckpointRecord> checkpoints = journal.journal().checkpoints();
        long first = System.nanoTime();
        for (int i = 0; i < MOST_OPENS; i++) {
            long began = System.nanoTime();
            if (i >= FEWEST_OPENS && began - first > ENOUGH_NANOS) {
                break;
            }
            CheckpointRecord checkpoint = checkpoints.get(random.nextInt(checkpoints.size()));
            try (VolumeView view = journal.journal().openView(LoadedJournal.volume(0), checkpoint.id())) {
                server.addExport("view", new ViewExport(view));
                readOne(socket, "view");
                opens.add((System.nanoTime() - began) / NANOS_PER_MILLI);
                server.removeExport("view");
            }
        }
        return opens.statistics();
    }

    private void readOne(Path socket, String export) throws IOException {
        try (NbdClient client = NbdClient.connect(NbdClientConfig.unix(socket, export))) {
            long block = random.nextLong(client.sizeBytes() / BLOCK_BYTES);
            client.read(block * BLOCK_BYTES, ByteBuffer.allocate(BLOCK_BYTES));
        }
    }
}
