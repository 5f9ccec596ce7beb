package io.tidemark.systemtests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.server.host.NbdBlockNetwork;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExport;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.recovery.RecoveryTarget;
import io.tidemark.spi.recovery.RecoveryVmSpec;
import io.tidemark.spi.recovery.RecoveryVmSpec.Purpose;
import io.tidemark.spi.recovery.RecoveryVmSpec.RecoveryDisk;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.VmHardware;
import io.tidemark.spi.tracking.ChangeToken;
import io.tidemark.spi.tracking.FreezePoint;
import io.tidemark.spi.tracking.VolumeChanges;
import io.tidemark.spi.tracking.VolumeChanges.Basis;
import io.tidemark.tck.hypervisor.MemoryDisk;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The vSphere plugin as it ships, from its zip and behind the plugin host's guards, with a simulated vCenter whose VMs nobody runs: a VM of another
 * hypervisor is recovered onto it, frozen and read, and removed without a trace.
 */
final class VspherePluginTest {
    private static final int DISK_BYTES = 4 << 20;
    private static final int GRAIN_BYTES = 64 << 10;
    private static final long SEED = 7;

    private static Deadline soon() {
        return Deadline.after(Polling.PATIENCE);
    }

    @Test
    void recoversFreezesAndRemoves() throws Exception {
        byte[] contents = new byte[DISK_BYTES];
        new Random(SEED).nextBytes(contents);
        try (Workspace workspace = Workspace.make()) {
            Path datastore = workspace.folder("datastore");
            VcenterHost vcenter = workspace.closing(VcenterHost.startOrSkip(datastore));
            HypervisorSite site = workspace
                    .closing(OpenHypervisor.open(workspace.folder("vsphere"), "vsphere", vcenter.settings()))
                    .site();
            NbdBlockNetwork network = workspace.closing(NbdBlockNetwork.open(workspace.folder("views")));
            assertTrue(site.description().contains("changed-block tracking"), site.description());
            RecoveryTarget target = site.recoveryTarget().orElseThrow();
            OperationId operation = OperationId.random();
            VmId vm;
            try (BlockExport view = network.export("view", new MemoryDisk(contents, MemoryDisk.Access.READ_ONLY))) {
                VmHardware hardware = new VmHardware(64L << 20, 1, Optional.empty());
                RecoveryDisk disk = new RecoveryDisk("vda", DISK_BYTES, view.address());
                vm = target.create(
                        new RecoveryVmSpec("moved-here", Purpose.LIVE, hardware, List.of(disk), List.of()),
                        operation,
                        soon());
            }
            target.start(vm, soon());
            freezeTwice(site, vm, contents, flatFile(datastore));
            target.discard(operation, soon());
            assertEquals(Optional.empty(), site.inventory().find(vm, soon()));
            try (Stream<Path> left = Files.list(datastore)) {
                assertEquals(List.of(), left.toList());
            }
        }
    }

    private static Path flatFile(Path datastore) throws IOException {
        try (Stream<Path> files = Files.walk(datastore)) {
            return files.filter(each -> each.toString().endsWith("-flat.vmdk"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static void freezeTwice(HypervisorSite site, VmId vm, byte[] contents, Path flat) throws Exception {
        VolumeId volume = site.inventory()
                .find(vm, soon())
                .orElseThrow()
                .volumes()
                .getFirst()
                .id();
        ChangeToken token;
        try (FreezePoint point = site.changeTracking().orElseThrow().freeze(vm, List.of(volume), soon())) {
            VolumeChanges changes = point.changes(volume, Optional.empty(), soon());
            assertEquals(Basis.BLANK_VOLUME, changes.basis());
            assertEquals(List.of(new BlockExtent(0, DISK_BYTES, BlockExtent.Content.DATA)), changes.extents());
            try (BlockDevice device = point.open(volume, soon())) {
                ByteBuffer all = ByteBuffer.allocate(DISK_BYTES);
                device.read(0, all);
                assertArrayEquals(contents, all.array());
            }
            token = point.token(volume);
        }
        try (RandomAccessFile file = new RandomAccessFile(flat.toFile(), "rw")) {
            file.seek(5L * GRAIN_BYTES + 100);
            file.write(new byte[3]);
        }
        try (FreezePoint point = site.changeTracking().orElseThrow().freeze(vm, List.of(volume), soon())) {
            VolumeChanges changes = point.changes(volume, Optional.of(token), soon());
            assertEquals(Basis.TOKEN, changes.basis(), changes.reason());
            assertEquals(
                    List.of(new BlockExtent(5L * GRAIN_BYTES, GRAIN_BYTES, BlockExtent.Content.DATA)),
                    changes.extents());
        }
    }
}
