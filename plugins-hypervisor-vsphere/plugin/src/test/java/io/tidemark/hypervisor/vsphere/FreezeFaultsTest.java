package io.tidemark.hypervisor.vsphere;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.hypervisor.vsphere.inventory.VirtualDrive;
import io.tidemark.hypervisor.vsphere.inventory.VsphereVm;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.tracking.ChangeToken;
import io.tidemark.spi.tracking.ChangeTracking;
import io.tidemark.spi.tracking.FreezePoint;
import io.tidemark.spi.tracking.VolumeChanges;
import io.tidemark.spi.tracking.VolumeChanges.Basis;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Tracking is reset, snapshots of others stand in the way, connections break; and snapshots never pile up. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class FreezeFaultsTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    @SuppressWarnings("NullAway.Init") // set before the first test
    private Scene scene;

    @SuppressWarnings("NullAway.Init") // set before the first test
    private SampleVm vm;

    private long lastEntry;

    @BeforeAll
    void bootVm() throws Exception {
        scene = new Scene(Map.of());
        vm = scene.boot("frozen", 1);
    }

    @AfterAll
    void close() throws Exception {
        scene.close();
    }

    private ChangeTracking tracking() {
        return scene.site().changeTracking().orElseThrow();
    }

    private VsphereVm seen() throws Exception {
        return scene.seen(vm.id());
    }

    private VolumeId volume() throws Exception {
        return seen().disks().getFirst().volume(vm.id());
    }

    private FreezePoint freeze() throws Exception {
        return tracking().freeze(vm.id(), List.of(volume()), Scene.deadline());
    }

    private void write() throws Exception {
        // A site that was opened again has no console yet.
        try (SampleVm console = scene.samples().connect(vm.id(), Scene.deadline())) {
            console.append(0, lastEntry + 1, Scene.deadline());
            lastEntry++;
        }
    }

    private PlayedDisk disk() throws Exception {
        String name = seen().disks().getFirst().fileName();
        String path = name.substring(name.indexOf(']') + 2, name.length() - ".vmdk".length());
        return scene.subject().hosts().disk(scene.subject().datastore().resolve(path + "-flat.vmdk"));
    }

    private static byte[] contents(FreezePoint point, VolumeId volume) throws Exception {
        try (BlockDevice device = point.open(volume, Scene.deadline())) {
            ByteBuffer all = ByteBuffer.allocate((int) device.sizeBytes());
            device.read(0, all);
            return all.array();
        }
    }

    @Test
    void aResetOfTrackingMeansAFullCompareAndThenItGoesOn() throws Exception {
        write();
        ChangeToken before;
        try (FreezePoint point = freeze()) {
            before = point.token(volume());
        }
        write();
        disk().resetTracking();
        ChangeToken after;
        byte[] replica = new byte[(int) Scene.SMALL];
        try (FreezePoint point = freeze()) {
            VolumeChanges changes = point.changes(volume(), Optional.of(before), Scene.deadline());
            assertEquals(Basis.BLANK_VOLUME, changes.basis());
            assertTrue(changes.reason().contains("reset"), changes.reason());
            try (BlockDevice device = point.open(volume(), Scene.deadline())) {
                for (BlockExtent extent : changes.extents()) {
                    device.read(extent.offset(), ByteBuffer.wrap(replica, (int) extent.offset(), (int)
                            extent.lengthBytes()));
                }
            }
            assertArrayEquals(contents(point, volume()), replica);
            after = point.token(volume());
        }
        write();
        try (FreezePoint point = freeze()) {
            VolumeChanges changes = point.changes(volume(), Optional.of(after), Scene.deadline());
            assertEquals(Basis.TOKEN, changes.basis(), changes.reason());
            assertEquals(
                    List.of(new BlockExtent(0, PlayedDisk.GRAIN_BYTES, BlockExtent.Content.DATA)), changes.extents());
        }
    }

    @Test
    void aTokenFromTheFutureIsAnsweredWithTheWholeVolume() throws Exception {
        // As when the VM was reverted or restored: the same run of tracking, but not the same past.
        try (FreezePoint point = freeze()) {
            String token = point.token(volume()).value();
            ChangeToken ahead = new ChangeToken(token.substring(0, token.lastIndexOf('/')) + "/999999");
            VolumeChanges changes = point.changes(volume(), Optional.of(ahead), Scene.deadline());
            assertEquals(Basis.BLANK_VOLUME, changes.basis());
            assertFalse(changes.reason().isBlank());
        }
    }

    @Test
    void snapshotsOfOthersAreAConflictAndStay() throws Exception {
        freeze(); // left by a crash
        scene.operate("CreateSnapshot_Task", seen().ref(), body -> body.text("name", "a backup's")
                .text("memory", "false")
                .text("quiesce", "false"));
        try {
            ProviderException refusal = assertThrows(ProviderException.class, () -> freeze().close());
            assertEquals(FailureKind.CONFLICT, refusal.kind(), refusal.getMessage());
            assertTrue(refusal.why().contains("a backup's"), refusal.why());
            tracking().forget(vm.id(), Scene.deadline());
            assertEquals(
                    List.of("a backup's"),
                    seen().snapshots().stream().map(VsphereVm.Snapshot::name).toList());
        } finally {
            scene.operate("RemoveAllSnapshots_Task", seen().ref(), body -> {});
        }
        freeze().close();
    }

    @Test
    void aFreezePointLeavesNothingInTheDatastore() throws Exception {
        freeze().close();
        Predicate<String> tracked = file -> !file.endsWith("-ctk.bin") && !file.endsWith("-ctk.json");
        List<String> before =
                scene.subject().datastoreFiles().stream().filter(tracked).toList();
        for (int i = 0; i < 3; i++) {
            write();
            FreezePoint point = freeze();
            assertEquals(1, seen().snapshots().size());
            assertTrue(scene.subject().datastoreFiles().size() > before.size(), "a frozen disk takes storage");
            if (i == 0) {
                point.close();
            } else {
                point.release(Scene.deadline());
            }
            assertEquals(List.of(), seen().snapshots());
        }
        assertEquals(
                before,
                scene.subject().datastoreFiles().stream().filter(tracked).toList());
    }

    @Test
    void brokenConnectionsNeverMakeSnapshotsPileUp() throws Exception {
        int failed = 0;
        for (int bytes = 50; bytes < 9_000; bytes += 173) {
            scene.site().checkHealth(Scene.deadline()); // up to date: the break meets the freezing itself
            scene.subject().relay().breakAnswerAfter(bytes);
            try (FreezePoint point = freeze()) {
                contents(point, volume());
            } catch (ProviderException | java.io.IOException broken) {
                failed++;
            }
            assertTrue(seen().snapshots().size() <= 1, () -> "after a break: " + names());
            while (scene.subject().relay().breakIsPending()) {
                scene.site().checkHealth(Scene.deadline());
            }
        }
        assertTrue(failed > 0, "no call met the break: the test proves nothing");
        try (FreezePoint point = freeze()) {
            assertEquals(1, seen().snapshots().size());
            contents(point, volume());
        }
        assertEquals(List.of(), seen().snapshots());
        assertEquals(
                List.of(),
                scene.subject().datastoreFiles().stream()
                        .filter(each -> each.contains("-snap"))
                        .toList());
    }

    private List<String> names() {
        try {
            return seen().snapshots().stream().map(VsphereVm.Snapshot::name).toList();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void whatACrashLeftIsRemovedWhenTheSiteIsOpenedAgain() throws Exception {
        freeze(); // its process died
        assertEquals(1, seen().snapshots().size());
        scene.reopen();
        Scene.within(SOON, "the snapshot is removed", () -> seen().snapshots().isEmpty());
    }

    @Test
    void trackingIsSwitchedOnWhereItIsOff() throws Exception {
        SampleVm other = scene.boot("untracked", 1);
        scene.reconfigure(other.id(), spec -> spec.text("changeTrackingEnabled", "false"));
        assertFalse(scene.seen(other.id()).changeTracking());
        VolumeId volume = scene.seen(other.id()).disks().getFirst().volume(other.id());
        try (FreezePoint point = tracking().freeze(other.id(), List.of(volume), Scene.deadline())) {
            assertFalse(point.token(volume).value().isBlank());
        }
        assertTrue(scene.seen(other.id()).changeTracking());
    }

    @Test
    void drivesThatSnapshotsLeaveOutAreNoVolumes() throws Exception {
        SampleVm other = scene.boot("independent", 2);
        VirtualDrive second = scene.seen(other.id()).disks().getLast();
        List<String> files = new ArrayList<>();
        files.add(second.fileName());
        scene.operate("PowerOffVM_Task", scene.seen(other.id()).ref(), body -> {});
        scene.reconfigure(
                other.id(),
                spec -> spec.element("deviceChange", change -> change.text("operation", "remove")
                        .typed("device", "VirtualDisk", device -> device.text("key", second.key()))));
        int controller = controllerKey(other);
        scene.reconfigure(
                other.id(),
                spec -> spec.element("deviceChange", change -> change.text("operation", "add")
                        .typed("device", "VirtualDisk", device -> device.text("key", -7)
                                .typed("backing", "VirtualDiskFlatVer2BackingInfo", backing -> backing.text(
                                                "fileName", files.getFirst())
                                        .text("diskMode", "independent_persistent"))
                                .text("controllerKey", controller)
                                .text("unitNumber", 1)
                                .text("capacityInKB", Scene.SMALL / 1024))));
        var found = scene.site().inventory().find(other.id(), Scene.deadline()).orElseThrow();
        assertEquals(1, found.volumes().size());
        assertTrue(
                found.skipped().stream().anyMatch(each -> each.reason().contains("independent_persistent")),
                () -> found.skipped().toString());
        assertThrows(ProviderException.class, () -> tracking()
                .freeze(other.id(), List.of(second.volume(other.id())), Scene.deadline())
                .close());
    }

    private int controllerKey(SampleVm of) throws Exception {
        return (int) scene.seen(of.id()).hardware().children("device").stream()
                .filter(each -> each.type().equals("ParaVirtualSCSIController"))
                .findFirst()
                .orElseThrow()
                .number("key")
                .orElseThrow();
    }
}
