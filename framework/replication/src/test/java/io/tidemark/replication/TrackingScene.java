package io.tidemark.replication;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.journal.CheckpointRecord;
import io.tidemark.replication.lane.LaneStatus;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.transport.ChannelHandler;
import io.tidemark.spi.transport.StreamSpec;
import io.tidemark.spi.transport.TransportChannel;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Protection by freezes, with everything real but the hypervisor and the cable; and what tests ask of it often. */
abstract class TrackingScene {
    static final Duration INTERVAL = Duration.ofMillis(40);
    private static final ReplicationSettings SETTINGS = new ReplicationSettings(
            1 << 20, Duration.ofMillis(2), Duration.ofMillis(5), Duration.ofMillis(50), Duration.ofSeconds(30));

    @TempDir
    private Path folder;

    final long seed = Long.getLong("tidemark.seed", System.nanoTime());
    final Random random = new Random(seed);
    private final SiteId source = SiteId.random();
    // Sizes that are no multiple of a block, and more than a lane's memory.
    final List<FrozenVm> vms =
            List.of(new FrozenVm("db", (3 << 20) + 512, 300 << 10), new FrozenVm("app", (1 << 20) + (100 << 10)));
    final AtomicLong nextCheckpoint = new AtomicLong();
    final Heard heard = new Heard();
    RecoverySite lyon;
    RecoverySite oslo;
    TrackingSite hypervisor;
    ReplicationEngine engine;

    @BeforeEach
    void start() throws Exception {
        System.err.println("seed: -Dtidemark.seed=" + seed);
        lyon = new RecoverySite(folder.resolve("lyon"), source);
        oslo = new RecoverySite(folder.resolve("oslo"), source);
        hypervisor = new TrackingSite(vms, INTERVAL);
        engine = engine(hypervisor);
    }

    /** A new process of the protected site: it knows nothing of what was before. */
    void startProcess(Duration interval) {
        TrackingSite site = new TrackingSite(vms, interval);
        hypervisor = site;
        engine = engine(site);
    }

    private ReplicationEngine engine(TrackingSite site) {
        return new ReplicationEngine(SETTINGS, Clock.systemUTC(), new ReplicationEngine.Sites() {
            @Override
            public HypervisorSite hypervisor(String name) {
                return name.equals("frozen") ? site : new SourceSite(List.of());
            }

            @Override
            public TransportChannel openChannel(
                    SiteId peer, StreamSpec stream, ChannelHandler handler, Deadline deadline)
                    throws ProviderException {
                if (site.killed) {
                    throw new ProviderException(FailureKind.UNREACHABLE, "Killed", "it was killed", "Start it");
                }
                return (peer.equals(lyon.id) ? lyon : oslo).network.connect(stream, handler);
            }
        });
    }

    @AfterEach
    void stop() {
        hypervisor.failAfter(Integer.MAX_VALUE);
        engine.close();
        lyon.close();
        oslo.close();
        for (FrozenVm vm : vms) {
            assertEquals(List.of(), vm.violations(), vm.id + ", seed " + seed);
            assertFalse(vm.isFrozen(), vm.id + " is still frozen, seed " + seed);
        }
    }

    /** What the listener heard. */
    static final class Heard implements ReplicationListener {
        final List<CheckpointId> durable = new CopyOnWriteArrayList<>();
        final List<String> words = new CopyOnWriteArrayList<>();

        @Override
        public void onStatus(VmId vm, LaneStatus status) {
            words.add(status.phase() + " " + status.sync().map(Enum::name).orElse("-") + ": " + status.detail());
        }

        @Override
        public void onCheckpointDurable(CheckpointId checkpoint) {
            durable.add(checkpoint);
        }

        @Override
        public void onFenced(ProviderException refusal) {
            throw new AssertionError(refusal);
        }

        boolean said(String part) {
            return words.stream().anyMatch(each -> each.contains(part));
        }
    }

    void await(String what, BooleanSupplier condition) throws InterruptedException {
        Deadline deadline = Deadline.after(Duration.ofSeconds(60));
        while (!condition.getAsBoolean()) {
            if (deadline.passed()) {
                throw new AssertionError("waited 60 s in vain until " + what + ", seed " + seed + "; last words: "
                        + heard.words.subList(Math.max(0, heard.words.size() - 6), heard.words.size()));
            }
            Thread.sleep(2);
        }
    }

    VpgId protect() throws Exception {
        VpgId vpg = VpgId.random();
        engine.start(lyon.prepareFrozen(vpg, vms), heard);
        return vpg;
    }

    boolean tick(VpgId vpg) {
        return cut(vpg, CheckpointRecord.Kind.AUTOMATIC, "");
    }

    boolean cut(VpgId vpg, CheckpointRecord.Kind kind, String tag) {
        return engine.cut(vpg, new CheckpointId(nextCheckpoint.incrementAndGet()), kind, tag)
                .isPresent();
    }

    /** Ticks, as control does, until there is a checkpoint of a freeze that was made after this call. */
    CheckpointRecord freshCheckpoint(VpgId vpg) throws Exception {
        Instant now = Instant.now();
        await("there is a checkpoint of now", () -> {
            tick(vpg);
            return newest(vpg).map(each -> each.time().isAfter(now)).orElse(false);
        });
        return newest(vpg).orElseThrow();
    }

    Optional<CheckpointRecord> newest(VpgId vpg) {
        try {
            return lyon.journals().newestCheckpoint(vpg);
        } catch (ProviderException e) {
            throw new AssertionError(e);
        }
    }

    void assertExact(VpgId vpg, CheckpointRecord checkpoint) throws Exception {
        Map<VolumeId, byte[]> shown = lyon.showAll(vpg, checkpoint);
        assertTrue(
                vms.stream().anyMatch(vm -> vm.isMomentOfAFreeze(checkpoint.time())),
                () -> checkpoint + " has the time of no freeze, seed " + seed);
        for (FrozenVm vm : vms) {
            for (Map.Entry<VolumeId, byte[]> expected :
                    vm.expectedAt(checkpoint.time()).entrySet()) {
                assertArrayEquals(
                        expected.getValue(),
                        shown.get(expected.getKey()),
                        () -> checkpoint + " of " + expected.getKey() + ", seed " + seed);
            }
        }
    }

    int assertAllExact(VpgId vpg) throws Exception {
        List<CheckpointRecord> all = lyon.journals().checkpoints(vpg);
        for (CheckpointRecord checkpoint : all) {
            assertExact(vpg, checkpoint);
        }
        return all.size();
    }

    void writeSomething() {
        vms.get(random.nextInt(vms.size())).write(random);
    }

    long shipped(VpgId vpg) {
        return engine.status(vpg).orElseThrow().values().stream()
                .mapToLong(LaneStatus::shippedBytes)
                .sum();
    }

    String detail(VpgId vpg) {
        return engine.status(vpg).orElseThrow().values().iterator().next().detail();
    }
}
