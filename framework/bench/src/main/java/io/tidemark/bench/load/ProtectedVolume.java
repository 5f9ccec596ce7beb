package io.tidemark.bench.load;

import io.tidemark.journal.JournalConfig;
import io.tidemark.journal.JournalId;
import io.tidemark.journal.JournalSpec;
import io.tidemark.journal.JournalVolume;
import io.tidemark.journal.file.FileStoreFiles;
import io.tidemark.nbd.NbdServer;
import io.tidemark.nbd.NbdServerConfig;
import io.tidemark.replication.ReplicationSettings;
import io.tidemark.replication.lane.Cut;
import io.tidemark.replication.lane.Lane;
import io.tidemark.replication.lane.LaneEvents;
import io.tidemark.replication.lane.LaneRunner;
import io.tidemark.replication.lane.LaneSpec;
import io.tidemark.replication.lane.LaneStatus;
import io.tidemark.replication.lane.LaneStatus.Phase;
import io.tidemark.replication.receive.RecoveryJournals;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The whole way of a captured write in one process: an NBD export as QEMU's mirror meets it, a lane, and the journal of the recovery site;
 * all of it the product's, but for the network between the sites, which is one copy in memory.
 */
public final class ProtectedVolume implements AutoCloseable {
    /** Name of the export. */
    public static final String EXPORT = "volume";

    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final long LANE_MEMORY_BYTES = 1L << 30;
    private static final long WAIT_NANOS = Duration.ofMillis(100).toNanos();

    private final RecoveryJournals journals;
    private final LaneRunner runner;
    private final VolumeId volume;
    private final NbdServer server;

    private ProtectedVolume(RecoveryJournals journals, LaneRunner runner, VolumeId volume, NbdServer server) {
        this.journals = journals;
        this.runner = runner;
        this.volume = volume;
        this.server = server;
    }

    /** Protects a volume and serves it; it takes writes from now on, and calls itself in continuity after {@link #contentsDelivered}. */
    public static ProtectedVolume serve(Path folder, Path socket, long sizeBytes)
            throws IOException, InterruptedException {
        RecoveryJournals journals = new RecoveryJournals(folder, JournalConfig.defaults(), new FileStoreFiles());
        VpgId vpg = VpgId.random();
        VmId vm = new VmId("bench");
        VolumeId volume = new VolumeId("bench/disk");
        SiteId source = SiteId.random();
        List<JournalVolume> volumes = List.of(new JournalVolume(volume, sizeBytes));
        try {
            journals.prepare(vpg, source, 1, List.of(new JournalSpec(new JournalId(vpg, vm), volumes)));
        } catch (ProviderException e) {
            journals.close();
            throw new IOException("the journal was refused", e);
        }
        ReplicationSettings usual = ReplicationSettings.DEFAULT;
        LaneRunner runner = LaneRunner.start(
                new LaneSpec(vpg, vm, 1, volumes),
                new ReplicationSettings(
                        LANE_MEMORY_BYTES,
                        usual.batchLinger(),
                        usual.retryFirst(),
                        usual.retryMost(),
                        usual.callTimeout()),
                () -> Cut.NONE,
                new NoEvents(),
                (stream, handler, deadline) ->
                        LoopChannel.connect(handler, channel -> journals.accept(stream, source, channel)),
                id -> new ZeroDevice(sizeBytes));
        Lane lane = runner.lane();
        await(lane, Phase.PREPARED);
        lane.begin(Lane.Contents.DELIVERED);
        NbdServer server = NbdServer.listen(NbdServerConfig.unix(socket));
        server.addExport(EXPORT, new CaptureExport(lane, volume, sizeBytes));
        return new ProtectedVolume(journals, runner, volume, server);
    }

    private static void await(Lane lane, Phase phase) throws IOException, InterruptedException {
        long until = System.nanoTime() + LIMIT.toNanos();
        while (lane.phase() != phase) {
            if (System.nanoTime() > until) {
                throw new IOException("the lane did not become " + phase + ": " + lane.status());
            }
            Thread.sleep(5);
        }
    }

    /** All contents have arrived: from now on the lane streams. */
    public void contentsDelivered() throws IOException, InterruptedException {
        runner.lane().synchronous(volume);
        await(runner.lane(), Phase.STREAMING);
    }

    /** Waits until everything captured so far is durable in the journal. */
    public void drain() throws IOException, InterruptedException {
        long until = System.nanoTime() + LIMIT.toNanos();
        long captured = runner.lane().progress().capturedPosition();
        while (runner.lane().progress().durablePosition() < captured) {
            if (System.nanoTime() > until) {
                throw new IOException("the journal did not catch up within " + LIMIT + ": "
                        + runner.lane().status());
            }
            runner.lane().awaitAcknowledgement(WAIT_NANOS);
        }
    }

    /** @throws IOException unless every write since {@link #contentsDelivered} went to the journal in its order */
    public void checkContinuity() throws IOException {
        LaneStatus status = runner.lane().status();
        if (status.phase() != Phase.STREAMING
                || status.sync().filter(kind -> kind.name().equals("BITMAP")).isPresent()) {
            throw new IOException("the lane's memory was full, so not every write was journaled: " + status.detail());
        }
    }

    @Override
    public void close() {
        server.close();
        runner.close();
        journals.close();
    }

    private record NoEvents() implements LaneEvents {
        @Override
        public void onLaneChanged(Lane lane) {}

        @Override
        public void onCheckpointDurable(Lane lane, CheckpointId checkpoint) {}

        @Override
        public void onFenced(Lane lane, ProviderException refusal) {}
    }
}
