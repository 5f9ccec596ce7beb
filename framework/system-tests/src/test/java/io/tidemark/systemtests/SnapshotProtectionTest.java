package io.tidemark.systemtests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.control.dataplane.CheckpointKind;
import io.tidemark.control.dataplane.JournalStore.JournalCheckpoint;
import io.tidemark.control.dataplane.MemberState;
import io.tidemark.control.dataplane.ProtectedVpg;
import io.tidemark.control.dataplane.ProtectionEngine;
import io.tidemark.control.dataplane.ProtectionEngine.Cut;
import io.tidemark.control.dataplane.ProtectionListener;
import io.tidemark.control.dataplane.ProtectionStatus.MemberStatus;
import io.tidemark.server.dataplane.ReplicationDataPlaneFactory;
import io.tidemark.server.wiring.DataPlane;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.sample.SampleVmSpec;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.VolumeDescription;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/**
 * A VM of a vCenter, which offers no capture of writes, is protected by snapshots and changed-block tracking: the data planes of two whole sites,
 * the real plugin, and a simulated vCenter whose disks another process writes to. Replayed with {@code -Dtidemark.seed=N}.
 */
final class SnapshotProtectionTest {
    private static final int DISK_BYTES = 8 << 20;
    private static final int ROUNDS = 3;

    private final long seed = Long.getLong("tidemark.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final AtomicReference<DataPlane> westPlane = new AtomicReference<>();
    private final VpgId vpg = VpgId.random();
    private long lastCheckpoint;

    @Test
    @SuppressWarnings("SystemOut") // the seed has to be seen where nothing failed, too
    void checkpointsAreWhatTheSnapshotsShowed() throws Exception {
        System.out.println("SnapshotProtectionTest: -Dtidemark.seed=" + seed);
        try (Workspace workspace = Workspace.make()) {
            Vcenter vcenter = Vcenter.startOrSkip(workspace);
            SiteServer west = SiteServer.start(workspace, "west", context -> {
                DataPlane opened = new ReplicationDataPlaneFactory().open(context);
                westPlane.set(opened);
                return opened;
            });
            SiteServer east = SiteServer.start(workspace, "east");
            west.api().addHypervisor("vcenter", "vsphere", vcenter.settings());
            east.api().pairWith(west.api());
            HypervisorSite hypervisor = west.hypervisor("vcenter");
            assertTrue(hypervisor.writeCapture().isEmpty(), "where writes are captured, snapshots are not the way");
            VmId vm = boot(workspace, hypervisor);
            VolumeDescription volume = hypervisor
                    .inventory()
                    .find(vm, soon())
                    .orElseThrow()
                    .volumes()
                    .getFirst();
            Path disk = vcenter.files("-flat.vmdk").getFirst();
            write(workspace, disk, 2 << 20, 0);

            ProtectedVpg definition = definition(vm, volume, siteId(east));
            east.server().journals().prepare(definition, siteId(west));
            protection().start(definition, new Silent());
            assertShowsTheDisk(east, volume.id(), disk);
            assertTellsWhatToExpect();
            for (int round = 0; round < ROUNDS; round++) {
                write(workspace, disk, 1 + random.nextInt(300_000), random.nextInt(DISK_BYTES - 300_000));
                assertShowsTheDisk(east, volume.id(), disk);
            }
            assertTaggedShowsTheDisk(workspace, east, volume.id(), disk);

            west.stop();
            assertEquals(List.of(), vcenter.files("-snap"), "what is frozen is released at the end");
            write(workspace, disk, 100_000, random.nextInt(DISK_BYTES - 100_000));
            west.startAgain();
            west.api().awaitHypervisor("vcenter");
            protection().start(definition, new Silent());
            assertShowsTheDisk(east, volume.id(), disk);
            protection().stop(vpg);
            assertEquals(List.of(), vcenter.files("-snap"), "the end of protection leaves nothing behind");
        }
    }

    private ProtectionEngine protection() {
        return westPlane.get().protection();
    }

    private static Deadline soon() {
        return Deadline.after(Polling.PATIENCE);
    }

    private static SiteId siteId(SiteServer site) throws Exception {
        return SiteId.parse(site.api().get("/sites/self").path("id").asText());
    }

    private static VmId boot(Workspace workspace, HypervisorSite hypervisor) throws Exception {
        SampleVmSpec spec = new SampleVmSpec("archive", List.of((long) DISK_BYTES));
        SampleVm vm =
                workspace.closing(hypervisor.sampleVms().orElseThrow().create(spec, OperationId.random(), soon()));
        return vm.id();
    }

    private ProtectedVpg definition(VmId vm, VolumeDescription volume, SiteId recoverySite) {
        ProtectedVpg.MemberVolume only =
                new ProtectedVpg.MemberVolume(volume.id(), volume.device(), volume.sizeBytes());
        return new ProtectedVpg(
                vpg,
                "archive",
                1,
                recoverySite,
                List.of(new ProtectedVpg.Member(vm, "archive", "vcenter", List.of(only))));
    }

    /** Another process writes random bytes to the disk's file. */
    private void write(Workspace workspace, Path disk, int length, int offset) throws Exception {
        byte[] data = new byte[length];
        random.nextBytes(data);
        Path from = Files.write(workspace.folder("writes").resolve("data"), data);
        Process writer = new ProcessBuilder(
                        "dd",
                        "if=" + from,
                        "of=" + disk,
                        "bs=65536",
                        "oflag=seek_bytes",
                        "seek=" + offset,
                        "conv=notrunc,fsync",
                        "status=none")
                .inheritIO()
                .start();
        assertEquals(0, writer.waitFor(), "dd");
    }

    private Optional<Cut> cut(CheckpointKind kind, String tag) {
        return protection().cut(vpg, new CheckpointId(++lastCheckpoint), kind, tag);
    }

    /** Nobody writes meanwhile: a checkpoint of now shows the disk as it is. */
    private void assertShowsTheDisk(SiteServer east, VolumeId volume, Path disk) throws Exception {
        Instant now = Instant.now();
        JournalCheckpoint newest = Polling.until(
                        "a checkpoint of after " + now,
                        Polling.PATIENCE,
                        () -> {
                            var _ = cut(CheckpointKind.AUTOMATIC, "");
                            return east.server().journals().newestCheckpoint(vpg);
                        },
                        last -> last.map(each -> each.time().isAfter(now)).orElse(false))
                .orElseThrow();
        assertSame(east, newest.id().value(), volume, disk);
    }

    private void assertSame(SiteServer east, long checkpoint, VolumeId volume, Path disk) throws Exception {
        byte[] shown = DiskViews.read(east.server().journals(), vpg, checkpoint).of(volume);
        assertArrayEquals(Files.readAllBytes(disk), shown, () -> "checkpoint " + checkpoint + ", seed " + seed);
    }

    /** A person asks for a checkpoint: it is of a snapshot made after the asking. */
    private void assertTaggedShowsTheDisk(Workspace workspace, SiteServer east, VolumeId volume, Path disk)
            throws Exception {
        write(workspace, disk, 4096, 4096);
        Instant asked = Instant.now();
        Cut tagged = cut(CheckpointKind.TAGGED, "before the move").orElseThrow();
        assertFalse(tagged.time().isBefore(asked.minus(Duration.ofMillis(1))), tagged::toString);
        Polling.until(
                "the tagged checkpoint",
                Polling.PATIENCE,
                () -> east.server().journals().newestCheckpoint(vpg),
                last -> last.map(each -> each.id().equals(tagged.id())).orElse(false));
        assertSame(east, tagged.id().value(), volume, disk);
    }

    private void assertTellsWhatToExpect() {
        MemberStatus member = protection().status(vpg).orElseThrow().members().getFirst();
        assertEquals(MemberState.PROTECTED, member.state(), member::toString);
        assertEquals("Protected by snapshots; a recovery point about every 5 s", member.detail());
    }

    /** What happens is asked for. */
    private static final class Silent implements ProtectionListener {
        @Override
        public void onMemberState(VmId vm, MemberState state, String detail) {}

        @Override
        public void onCheckpointDurable(CheckpointId checkpoint) {}

        @Override
        public void onFenced(ProviderException refusal) {}
    }
}
