package io.tidemark.replication;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.journal.CheckpointRecord;
import io.tidemark.replication.lane.LaneStatus;
import io.tidemark.replication.lane.LaneStatus.Phase;
import io.tidemark.spi.capture.CaptureSink;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VpgId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.transport.ChannelHandler;
import io.tidemark.spi.transport.StreamSpec;
import io.tidemark.spi.transport.TransportChannel;
import io.tidemark.tck.consistency.ConsistentCut;
import io.tidemark.tck.consistency.ConsistentCut.Shown;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Replication from writes to journals, with everything real but the hypervisor and the cable. */
class ReplicationTest {
    private static final int DISK_BYTES = 1 << 20;
    private static final ReplicationSettings SETTINGS = new ReplicationSettings(
            128 << 20, Duration.ofMillis(2), Duration.ofMillis(10), Duration.ofMillis(100), Duration.ofSeconds(30));

    @TempDir
    private Path folder;

    private final long seed = Long.getLong("tidemark.seed", System.nanoTime());
    private final AtomicLong moments = new AtomicLong();
    private final AtomicLong writeNumbers = new AtomicLong();
    private final SiteId source = SiteId.random();
    private final List<SourceVm> vms =
            List.of(new SourceVm("db", 2, DISK_BYTES, moments), new SourceVm("app", 2, DISK_BYTES, moments));
    private final SourceSite hypervisor = new SourceSite(vms);
    private final Map<SiteId, RecoverySite> sites = new HashMap<>();
    private final AtomicLong nextCheckpoint = new AtomicLong();
    private ReplicationEngine engine;

    @BeforeEach
    void start() {
        System.err.println("seed: -Dtidemark.seed=" + seed);
        engine = engine(SETTINGS);
    }

    private ReplicationEngine engine(ReplicationSettings settings) {
        return new ReplicationEngine(settings, Clock.systemUTC(), new ReplicationEngine.Sites() {
            @Override
            public HypervisorSite hypervisor(String name) {
                return hypervisor;
            }

            @Override
            public TransportChannel openChannel(
                    SiteId peer, StreamSpec stream, ChannelHandler handler, Deadline deadline)
                    throws ProviderException {
                return Objects.requireNonNull(sites.get(peer)).network.connect(stream, handler);
            }
        });
    }

    @AfterEach
    void stop() {
        engine.close();
        sites.values().forEach(RecoverySite::close);
    }

    private RecoverySite site(String name) throws Exception {
        RecoverySite site = new RecoverySite(folder.resolve(name), source);
        sites.put(site.id, site);
        return site;
    }

    /** What the listener heard. */
    private static final class Heard implements ReplicationListener {
        final List<CheckpointId> durable = new CopyOnWriteArrayList<>();
        final List<ProviderException> fences = new CopyOnWriteArrayList<>();
        final List<String> states = new CopyOnWriteArrayList<>();

        @Override
        public void onStatus(VmId vm, LaneStatus status) {
            states.add(vm + " " + status.phase() + " "
                    + status.sync().map(Enum::name).orElse("-"));
        }

        @Override
        public void onCheckpointDurable(CheckpointId checkpoint) {
            durable.add(checkpoint);
        }

        @Override
        public void onFenced(ProviderException refusal) {
            fences.add(refusal);
        }
    }

    private static void await(String what, BooleanSupplier condition) throws InterruptedException {
        Deadline deadline = Deadline.after(Duration.ofSeconds(30));
        while (!condition.getAsBoolean()) {
            if (deadline.passed()) {
                throw new AssertionError("waited 30 s in vain until " + what);
            }
            Thread.sleep(2);
        }
    }

    private boolean streaming(VpgId vpg) {
        return engine.status(vpg).orElseThrow().values().stream().allMatch(s -> s.phase() == Phase.STREAMING);
    }

    private VpgId protect(RecoverySite site, Heard heard) throws Exception {
        VpgId vpg = VpgId.random();
        engine.start(site.prepare(vpg, vms), heard);
        return vpg;
    }

    private CheckpointId cut(VpgId vpg) {
        CheckpointId id = new CheckpointId(nextCheckpoint.incrementAndGet());
        engine.cut(vpg, id, CheckpointRecord.Kind.AUTOMATIC, "");
        return id;
    }

    /** Cuts and waits until the checkpoint can be selected. */
    private CheckpointRecord checkpoint(VpgId vpg, RecoverySite site, Heard heard) throws Exception {
        await("every lane streams", () -> streaming(vpg));
        CheckpointId id = cut(vpg);
        await("checkpoint " + id + " is durable", () -> heard.durable.contains(id));
        return site.journals().newestCheckpoint(vpg).orElseThrow();
    }

    private void writeSomething(Random random) {
        SourceVm vm = vms.get(random.nextInt(vms.size()));
        write(vm.disks.get(random.nextInt(vm.disks.size())), random);
    }

    /** A write like no other, so that a view tells which writes it holds. */
    private void write(SourceVm.Disk disk, Random random) {
        int length = 512 * (1 + random.nextInt(random.nextInt(10) == 0 ? 300 : 16));
        int offset = 512 * random.nextInt((DISK_BYTES - length) / 512 + 1);
        byte[] data = new byte[length];
        if (random.nextInt(20) > 0) {
            random.nextBytes(data);
            long number = writeNumbers.incrementAndGet();
            for (int i = 0; i < 8; i++) {
                data[i] = (byte) (number >>> (8 * i));
            }
        }
        disk.write(offset, data);
    }

    private void assertShowsTheSource(VpgId vpg, RecoverySite site, Heard heard) throws Exception {
        CheckpointRecord newest = checkpoint(vpg, site, heard);
        for (Shown shown : site.show(vpg, newest, vms)) {
            assertArrayEquals(
                    shown.disk().contents(),
                    shown.contents(),
                    "contents of " + shown.disk().name());
        }
    }

    @Test
    void checkpointsUnderLoadAreExactAndCausal() throws Exception {
        RecoverySite lyon = site("lyon");
        Heard heard = new Heard();
        VpgId vpg = protect(lyon, heard);
        await("the first sync ends", () -> streaming(vpg));

        // Guests write in step with the cuts, so that there is load around each of them however slow the machine is.
        Semaphore transactions = new Semaphore(0);
        AtomicBoolean stop = new AtomicBoolean();
        List<Thread> guests = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Random random = new Random(seed + i);
            guests.add(Thread.ofPlatform().start(() -> {
                for (transactions.acquireUninterruptibly(); !stop.get(); transactions.acquireUninterruptibly()) {
                    writeSomething(random);
                    writeSomething(random);
                }
            }));
        }
        try {
            Random random = new Random(seed);
            for (int cuts = 0; cuts < 40; cuts++) {
                await("the lanes stream", () -> streaming(vpg));
                transactions.release(40);
                await("the guests are in the middle of it", () -> transactions.availablePermits() < 20);
                cut(vpg);
                if (random.nextInt(8) == 0) {
                    lyon.network.cut();
                    lyon.network.plug();
                }
            }
        } finally {
            stop.set(true);
            transactions.release(2);
            for (Thread guest : guests) {
                guest.join();
            }
        }
        assertShowsTheSource(vpg, lyon, heard);
        List<CheckpointRecord> all = new ArrayList<>(lyon.journals().checkpoints(vpg));
        Collections.shuffle(all, new Random(seed));
        assertTrue(all.size() >= 20, "too few checkpoints to choose from: " + all.size() + ", seed " + seed);
        for (CheckpointRecord chosen : all.subList(0, 20)) {
            ConsistentCut.check(lyon.show(vpg, chosen, vms));
        }
    }

    @Test
    void fullMemoryTurnsToDirtyBlocksAndHeals() throws Exception {
        engine = engine(new ReplicationSettings(
                1 << 20, SETTINGS.batchLinger(), SETTINGS.retryFirst(), SETTINGS.retryMost(), SETTINGS.callTimeout()));
        RecoverySite lyon = site("lyon");
        Heard heard = new Heard();
        VpgId vpg = protect(lyon, heard);
        CheckpointRecord before = checkpoint(vpg, lyon, heard);
        List<Shown> contentsBefore = lyon.show(vpg, before, vms);

        lyon.network.cut();
        Random random = new Random(seed);
        for (int i = 0; i < 600; i++) {
            writeSomething(random);
        }
        assertTrue(heard.states.stream().anyMatch(s -> s.endsWith("SYNCING BITMAP")) || !streaming(vpg));
        assertFalse(
                engine.cut(vpg, new CheckpointId(nextCheckpoint.incrementAndGet()), CheckpointRecord.Kind.AUTOMATIC, "")
                        .isPresent());

        lyon.network.plug();
        assertShowsTheSource(vpg, lyon, heard);
        for (Shown shown : lyon.show(vpg, before, vms)) {
            byte[] expected = contentsBefore.stream()
                    .filter(earlier -> earlier.disk() == shown.disk())
                    .findFirst()
                    .orElseThrow()
                    .contents();
            assertArrayEquals(expected, shown.contents(), "an old checkpoint changed");
        }
    }

    @Test
    void lostCaptureHealsByDeltaSyncThatShipsDifferencesOnly() throws Exception {
        RecoverySite lyon = site("lyon");
        Heard heard = new Heard();
        Random random = new Random(seed);
        for (int i = 0; i < 400; i++) {
            writeSomething(random);
        }
        VpgId vpg = protect(lyon, heard);
        assertShowsTheSource(vpg, lyon, heard);
        long shippedBefore = shipped(vpg);

        SourceVm db = vms.getFirst();
        db.loseCapture("the job failed");
        byte[] missed = new byte[4096];
        random.nextBytes(missed);
        db.disks.getFirst().write(8192, missed);

        await("capture was attached again", () -> db.attachments == 2);
        assertShowsTheSource(vpg, lyon, heard);
        assertTrue(heard.states.contains("db SYNCING DELTA"));
        assertTrue(
                shipped(vpg) - shippedBefore < 2 * 128 * 1024,
                "a delta sync of one changed block shipped " + (shipped(vpg) - shippedBefore) + " bytes");
    }

    @Test
    void cutIsNoCheckpointWhenACaptureBrokeThatNobodyHasHeardOf() throws Exception {
        RecoverySite lyon = site("lyon");
        Heard heard = new Heard();
        VpgId vpg = protect(lyon, heard);
        CheckpointRecord before = checkpoint(vpg, lyon, heard);

        SourceVm db = vms.getFirst();
        CaptureSink dropped = db.dropCaptureSilently().orElseThrow();
        write(db.disks.getFirst(), new Random(seed)); // acknowledged, and captured by nobody
        assertTrue(streaming(vpg), "the loss is not known yet");
        assertTrue(tryCut(vpg).isEmpty());

        db.reportLoss(dropped);
        assertShowsTheSource(vpg, lyon, heard);
        List<CheckpointRecord> all = lyon.journals().checkpoints(vpg);
        assertEquals(before, all.getFirst());
        assertEquals(2, all.size(), "the cut without its write became a checkpoint: " + all);
    }

    @Test
    void vmThatIsOffKeepsItsVpgGoingAndHealsWhenItRunsAgain() throws Exception {
        RecoverySite lyon = site("lyon");
        Heard heard = new Heard();
        VpgId vpg = protect(lyon, heard);
        assertShowsTheSource(vpg, lyon, heard);

        Random random = new Random(seed);
        SourceVm db = vms.getFirst();
        write(db.disks.getFirst(), random);
        db.stop();
        engine.drain(vpg, Deadline.after(Duration.ofSeconds(30)));
        write(vms.getLast().disks.getFirst(), random);
        CheckpointId whileOff = tryCut(vpg).orElseThrow().cut().id();
        await("the checkpoint of a stopped VM is durable", () -> heard.durable.contains(whileOff));
        for (Shown shown : lyon.show(vpg, lyon.journals().newestCheckpoint(vpg).orElseThrow(), vms)) {
            assertArrayEquals(shown.disk().contents(), shown.contents());
        }

        db.restart();
        write(db.disks.getFirst(), random);
        assertTrue(tryCut(vpg).isEmpty(), "it ran uncaptured");
        await("capture was attached again", () -> db.attachments == 2);
        assertShowsTheSource(vpg, lyon, heard);
    }

    private Optional<ReplicationEngine.CutResult> tryCut(VpgId vpg) {
        return engine.cut(vpg, new CheckpointId(nextCheckpoint.incrementAndGet()), CheckpointRecord.Kind.AUTOMATIC, "");
    }

    private long shipped(VpgId vpg) {
        return engine.status(vpg).orElseThrow().values().stream()
                .mapToLong(LaneStatus::shippedBytes)
                .sum();
    }

    @Test
    void vmInTwoVpgsIsCapturedOnceAndADeadSiteHurtsNobody() throws Exception {
        RecoverySite lyon = site("lyon");
        RecoverySite oslo = site("oslo");
        Heard atLyon = new Heard();
        Heard atOslo = new Heard();
        VpgId toLyon = protect(lyon, atLyon);
        VpgId toOslo = protect(oslo, atOslo);
        await("both VPGs stream", () -> streaming(toLyon) && streaming(toOslo));

        oslo.network.cut();
        Random random = new Random(seed);
        for (int i = 0; i < 800; i++) {
            writeSomething(random);
        }
        assertShowsTheSource(toLyon, lyon, atLyon);

        oslo.network.plug();
        assertShowsTheSource(toOslo, oslo, atOslo);
        assertShowsTheSource(toLyon, lyon, atLyon);
        for (SourceVm vm : vms) {
            assertEquals(1, vm.attachments, "capture of " + vm.id);
        }
    }

    @Test
    void secondVpgJoinsARunningCapture() throws Exception {
        RecoverySite lyon = site("lyon");
        RecoverySite oslo = site("oslo");
        Heard atLyon = new Heard();
        Heard atOslo = new Heard();
        VpgId toLyon = protect(lyon, atLyon);
        await("the first VPG streams", () -> streaming(toLyon));
        Random random = new Random(seed);
        Thread guest = Thread.ofPlatform().start(() -> {
            for (int i = 0; i < 2000; i++) {
                writeSomething(random);
            }
        });
        VpgId toOslo = protect(oslo, atOslo);
        guest.join();
        assertShowsTheSource(toOslo, oslo, atOslo);
        assertShowsTheSource(toLyon, lyon, atLyon);
        assertEquals(1, vms.getFirst().attachments);
    }

    @Test
    void restartOfTheRecoverySiteLosesNothing() throws Exception {
        RecoverySite lyon = site("lyon");
        Heard heard = new Heard();
        VpgId vpg = protect(lyon, heard);
        CheckpointRecord before = checkpoint(vpg, lyon, heard);
        Random random = new Random(seed);
        Thread guest = Thread.ofPlatform().start(() -> {
            for (int i = 0; i < 300; i++) {
                writeSomething(random);
            }
        });
        lyon.restart();
        guest.join();
        assertShowsTheSource(vpg, lyon, heard);
        assertTrue(lyon.journals().checkpoints(vpg).contains(before));
        ConsistentCut.check(lyon.show(vpg, before, vms));
    }

    @Test
    void fencedSourceStopsAndIsTold() throws Exception {
        RecoverySite lyon = site("lyon");
        Heard heard = new Heard();
        VpgId vpg = protect(lyon, heard);
        CheckpointRecord last = checkpoint(vpg, lyon, heard);

        lyon.journals().fence(vpg, 2);
        await("the source is told", () -> !heard.fences.isEmpty());
        writeSomething(new Random(seed));
        assertFalse(engine.cut(vpg, new CheckpointId(1000), CheckpointRecord.Kind.AUTOMATIC, "")
                .isPresent());
        assertEquals(List.of(last), lyon.journals().checkpoints(vpg));
        assertTrue(heard.fences.getFirst().remedy().contains("recovery site"));
        assertThrows(ProviderException.class, () -> lyon.prepare(vpg, vms));
    }

    @Test
    void drainedVpgIsDurableToTheLastWrite() throws Exception {
        RecoverySite lyon = site("lyon");
        Heard heard = new Heard();
        VpgId vpg = protect(lyon, heard);
        await("the lanes stream", () -> streaming(vpg));
        Random random = new Random(seed);
        for (int i = 0; i < 100; i++) {
            writeSomething(random);
        }
        engine.drain(vpg, Deadline.after(Duration.ofSeconds(30)));
        for (Map.Entry<VmId, LaneStatus> lane : engine.status(vpg).orElseThrow().entrySet()) {
            assertEquals(0, lane.getValue().lagBytes());
        }
        lyon.network.cut();
        writeSomething(random);
        assertThrows(ProviderException.class, () -> engine.drain(vpg, Deadline.after(Duration.ofMillis(50))));
    }
}
