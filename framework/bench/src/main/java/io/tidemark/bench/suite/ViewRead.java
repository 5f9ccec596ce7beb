package io.tidemark.bench.suite;

import io.tidemark.bench.load.LoadedJournal;
import io.tidemark.bench.load.Offsets;
import io.tidemark.bench.load.TemplateBatches;
import io.tidemark.bench.load.ViewExport;
import io.tidemark.bench.measure.Bar;
import io.tidemark.bench.measure.Comparison;
import io.tidemark.bench.measure.Outcome;
import io.tidemark.bench.measure.Round;
import io.tidemark.bench.process.FioJob;
import io.tidemark.bench.process.Peer;
import io.tidemark.journal.VolumeView;
import io.tidemark.nbd.NbdServer;
import io.tidemark.nbd.NbdServerConfig;
import io.tidemark.spi.id.CheckpointId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** How fast a volume at a checkpoint is read, against the same volume as a plain image and against a chain of snapshots. */
final class ViewRead implements Benchmark {
    private static final int RECORD_BYTES = 16 << 10;
    private static final int RECORDS_PER_BATCH = 16;
    private static final int BLOCK_BYTES = 4096;
    private static final int COPY_BYTES = 1 << 20;
    private static final int CHECKPOINTS = 1000;
    private static final String RAW = "qemu-nbd raw";

    @Override
    public String name() {
        return "view-read";
    }

    @Override
    public Explanation explanation() {
        return new Explanation(
                "random reads of 4 KiB over NBD, depth 1 and 32, from a view that lies on top of the whole journal: 2 GiB of random writes to"
                        + " a volume of 1 GiB",
                "qemu-nbd on a raw image with the same contents, and on a qcow2 chain of 400 snapshots; fio reads all three",
                "at least as fast as raw; at least 50 times as fast as the chain",
                4);
    }

    @Override
    public Set<String> programs() {
        return Set.of("fio", "qemu-nbd", "qemu-img", "qemu-io");
    }

    private static long volumeBytes(Scale scale) {
        return scale.choose(Scale.GIB, 64 * Scale.MIB);
    }

    @Override
    public long diskBytes(Scale scale) {
        return 4 * volumeBytes(scale) + Scale.GIB;
    }

    /** Both comparisons at one depth. */
    private record AtDepth(int depth, Comparison raw, Comparison chain) {
        static AtDepth of(int depth, SnapshotChain snapshots) {
            String name = "4 KiB random reads, depth " + depth;
            return new AtDepth(
                    depth,
                    Comparison.with(RAW, name, "1/s", Bar.ratioAtLeast(1)),
                    Comparison.with(snapshots.words(), name, "1/s", Bar.ratioAtLeast(50)));
        }
    }

    @Override
    public Outcome measure(Run run) throws IOException, InterruptedException {
        long bytes = volumeBytes(run.scale());
        SnapshotChain chain =
                SnapshotChain.build(run.workplace(), (int) run.scale().choose(400, 40), Scale.GIB);
        AtDepth one = AtDepth.of(1, chain);
        AtDepth many = AtDepth.of(32, chain);
        Path raw = run.workplace().fresh("raw");
        Path views = run.workplace().fresh("views");
        Path rawSocket = run.workplace().fresh("raw-socket");
        Path chainSocket = run.workplace().fresh("chain-socket");
        try (LoadedJournal journal = LoadedJournal.create(run.workplace().fresh("journal"), 1, bytes)) {
            run.say("filling a journal of " + Scale.words(2 * bytes));
            journal.fill(
                    new TemplateBatches(RECORDS_PER_BATCH, RECORD_BYTES, 5),
                    Offsets.random(bytes, RECORD_BYTES, 5),
                    2 * bytes,
                    CHECKPOINTS);
            CheckpointId newest = journal.checkpoint();
            try (VolumeView view = journal.journal().openView(LoadedJournal.volume(0), newest);
                    NbdServer server = NbdServer.listen(NbdServerConfig.unix(views));
                    Peer flat = serveRaw(run, view, raw, rawSocket);
                    Peer snapshots = chain.serve(chainSocket)) {
                server.addExport("view", new ViewExport(view));
                run.interleave(
                        round -> {
                            for (AtDepth at : List.of(one, many)) {
                                double reads = reads(run, views, "view", at.depth());
                                at.raw().tidemark(round, reads);
                                at.chain().tidemark(round, reads);
                            }
                        },
                        round -> peer(run, round, rawSocket, one.raw(), many.raw()),
                        round -> peer(run, round, chainSocket, one.chain(), many.chain()));
            }
        }
        return new Outcome(
                name(),
                List.of(
                        "page cache on all sides, warm; qemu-nbd with --cache=writeback --aio=io_uring",
                        "the volume is random data in " + Scale.words(bytes)
                                + "; its raw image was read through the view",
                        "each layer of the chain holds 512 KiB; most reads fall through all of it"),
                List.of(
                        one.raw().result(),
                        many.raw().result(),
                        one.chain().result(),
                        many.chain().result()));
    }

    private static void peer(Run run, Round round, Path socket, Comparison one, Comparison many)
            throws IOException, InterruptedException {
        one.peer(round, reads(run, socket, "", 1));
        many.peer(round, reads(run, socket, "", 32));
    }

    private static double reads(Run run, Path socket, String export, int depth)
            throws IOException, InterruptedException {
        Duration time = Duration.ofMillis(run.scale().choose(3000, 300));
        return FioJob.onNbd(socket, export, "randread", BLOCK_BYTES, depth, time)
                .run(run.workplace())
                .readsPerSecond();
    }

    private static Peer serveRaw(Run run, VolumeView view, Path raw, Path socket) throws IOException {
        try (FileChannel file = FileChannel.open(raw, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            ByteBuffer buffer = ByteBuffer.allocateDirect(COPY_BYTES);
            for (long offset = 0; offset < view.sizeBytes(); offset += COPY_BYTES) {
                view.read(offset, buffer.clear());
                buffer.flip();
                while (buffer.hasRemaining()) {
                    file.write(buffer);
                }
            }
            file.force(true);
        }
        return QemuNbd.serve(run.workplace(), raw, "raw", socket, QemuNbd.Access.READ_ONLY);
    }
}
