package io.tidemark.hypervisor.vsphere;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.hypervisor.vsphere.inventory.VirtualDrive;
import io.tidemark.hypervisor.vsphere.inventory.VsphereVm;
import io.tidemark.spi.block.BlockExport;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.recovery.RecoveryTarget;
import io.tidemark.spi.recovery.RecoveryVmSpec;
import io.tidemark.spi.recovery.RecoveryVmSpec.Purpose;
import io.tidemark.spi.recovery.RecoveryVmSpec.RecoveryDisk;
import io.tidemark.spi.site.VmDescription;
import io.tidemark.spi.site.VmDescription.NicDescription;
import io.tidemark.spi.site.VmHardware;
import io.tidemark.tck.hypervisor.MemoryDisk;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Recovery onto a vCenter leaves nothing behind, whatever breaks on the way; asserted on the inventory and on the datastore's files. */
final class RecoveryFaultsTest {
    private static final long SEED = 20261125;

    private final byte[] contents = new byte[(int) Scene.SMALL];
    private final List<BlockExport> exports = new ArrayList<>();

    @SuppressWarnings("NullAway.Init") // set before each test
    private Scene scene;

    @BeforeEach
    void open() throws Exception {
        new Random(SEED).nextBytes(contents);
        scene = new Scene(Map.of("network-map", "Production=VM Network; Elsewhere = Nowhere"));
    }

    @AfterEach
    void close() throws Exception {
        exports.forEach(BlockExport::close);
        scene.close();
    }

    private RecoveryTarget target() {
        return scene.site().recoveryTarget().orElseThrow();
    }

    private RecoveryVmSpec spec(String name, Purpose purpose, List<String> devices, List<NicDescription> nics)
            throws Exception {
        List<RecoveryDisk> disks = new ArrayList<>();
        for (String device : devices) {
            BlockExport export = scene.subject()
                    .context()
                    .blockNetwork()
                    .export("view", new MemoryDisk(contents, MemoryDisk.Access.READ_ONLY));
            exports.add(export);
            disks.add(new RecoveryDisk(device, contents.length, export.address()));
        }
        VmHardware hardware = new VmHardware(128L << 20, 2, Optional.empty());
        return new RecoveryVmSpec(name, purpose, hardware, disks, nics);
    }

    private static NicDescription nic(int number, String network) {
        return new NicDescription("00:50:56:01:02:0" + number, network, "virtio");
    }

    private VmDescription describe(VmId vm) throws Exception {
        return scene.site().inventory().find(vm, Scene.deadline()).orElseThrow();
    }

    @Test
    void aVmOfAnotherHypervisorGetsItsDisksInOrder() throws Exception {
        OperationId operation = OperationId.random();
        List<String> files = scene.subject().datastoreFiles();
        VmId vm = target().create(
                        spec("foreign", Purpose.TEST, List.of("vda", "vdb"), List.of()), operation, Scene.deadline());
        assertEquals(
                List.of("scsi0:0", "scsi0:1"),
                describe(vm).volumes().stream().map(each -> each.device()).toList());
        for (VirtualDrive drive : scene.seen(vm).disks()) {
            String path = drive.fileName().substring(drive.fileName().indexOf(']') + 2);
            Path flat = scene.subject().datastore().resolve(path.replace(".vmdk", "-flat.vmdk"));
            assertArrayEquals(contents, Files.readAllBytes(flat));
        }
        target().discard(operation, Scene.deadline());
        assertEquals(files, scene.subject().datastoreFiles());
        assertEquals(List.of(), scene.seenNames());
    }

    @Test
    void networksAreMappedAndWhatHasNoneIsUnpluggedWithAWarning() throws Exception {
        OperationId operation = OperationId.random();
        VmId vm = target().create(
                        spec(
                                "mapped",
                                Purpose.LIVE,
                                List.of("vda"),
                                List.of(
                                        nic(1, "Production"),
                                        nic(2, "VM Network"),
                                        nic(3, "Elsewhere"),
                                        nic(4, "Test Network"))),
                        operation,
                        Scene.deadline());
        assertEquals(
                List.of("VM Network", "VM Network", "", "Test Network"),
                describe(vm).nics().stream().map(NicDescription::network).toList());
        assertEquals(
                List.of("00:50:56:01:02:01", "00:50:56:01:02:02", "00:50:56:01:02:03", "00:50:56:01:02:04"),
                describe(vm).nics().stream().map(NicDescription::mac).toList());
        assertTrue(
                scene.subject().context().events().stream()
                        .anyMatch(each -> each.message().contains("Nowhere")
                                && each.message().contains("00:50:56:01:02:03")),
                "no warning about the network that is not here");
        VmId test = target().create(
                        spec(
                                "tested",
                                Purpose.TEST,
                                List.of("vda"),
                                List.of(nic(5, "VM Network"), nic(6, "Test Network"))),
                        operation,
                        Scene.deadline());
        assertEquals(
                List.of("Test Network", ""),
                describe(test).nics().stream().map(NicDescription::network).toList(),
                "never the network of the origin, even when it is called like the closed one here");
        target().discard(operation, Scene.deadline());
    }

    @Test
    void aBrokenCreateIsFinishedByRepeatingItOrRemovedByDiscard() throws Exception {
        List<String> files = scene.subject().datastoreFiles();
        int failed = 0;
        for (int bytes = 100; bytes < 30_000; bytes += 2333) {
            OperationId operation = OperationId.random();
            RecoveryVmSpec spec = spec("broken-" + bytes, Purpose.TEST, List.of("vda"), List.of());
            scene.subject().relay().breakAnswerAfter(bytes);
            boolean repeat = bytes % 2 == 0;
            try {
                target().create(spec, operation, Scene.deadline());
            } catch (ProviderException broken) {
                failed++;
                assertEquals(FailureKind.UNREACHABLE, broken.kind(), broken.getMessage());
            }
            while (scene.subject().relay().breakIsPending()) {
                scene.site().checkHealth(Scene.deadline());
            }
            if (repeat) {
                VmId vm = target().create(spec, operation, Scene.deadline());
                assertEquals(List.of(vm), target().list(operation, Scene.deadline()));
                target().start(vm, Scene.deadline());
            }
            target().discard(operation, Scene.deadline());
            assertEquals(List.of(), scene.seenNames(), "VMs left after a break at " + bytes);
            assertEquals(files, scene.subject().datastoreFiles(), "files left after a break at " + bytes);
        }
        assertTrue(failed > 0, "no call met the break: the test proves nothing");
    }

    @Test
    void anUploadThatNeverBecameAVmIsDiscardedToo() throws Exception {
        List<String> files = scene.subject().datastoreFiles();
        OperationId operation = OperationId.random();
        RecoveryVmSpec spec = spec("torn", Purpose.TEST, List.of("vda", "vdb"), List.of());
        exports.getLast().close(); // the second disk's view goes away after the first one was written
        ProviderException failure =
                assertThrows(ProviderException.class, () -> target().create(spec, operation, Scene.deadline()));
        assertEquals(FailureKind.RETRY_LATER, failure.kind(), failure.getMessage());
        assertTrue(scene.subject().datastoreFiles().size() > files.size(), "the first disk was not written");
        scene.reopen();
        target().discard(operation, Scene.deadline());
        assertEquals(files, scene.subject().datastoreFiles());
    }

    @Test
    void discardKeepsThePromotedEvenAsTemplatesAndWithTheirDisksElsewhere() throws Exception {
        OperationId operation = OperationId.random();
        VmId kept = target().create(spec("kept", Purpose.LIVE, List.of("vda"), List.of()), operation, Scene.deadline());
        VmId lent = target().create(spec("lent", Purpose.LIVE, List.of("vda"), List.of()), operation, Scene.deadline());
        VsphereVm template = scene.seen(kept);
        VsphereVm lender = scene.seen(lent);
        target().promote(kept, operation, done -> {}, Scene.deadline());
        scene.operator().call("Operating", "MarkAsTemplate", template.ref(), body -> {}, Scene.deadline());
        target().discard(operation, Scene.deadline());
        assertEquals(
                Optional.empty(), scene.site().inventory().find(lent, Scene.deadline()), "a VM that was not promoted");
        List<String> files = scene.subject().datastoreFiles();
        assertTrue(files.contains(flat(template)), () -> "the template lost its disk: " + files);
        assertTrue(!files.contains(flat(lender)), () -> "files left: " + files);
    }

    private static String flat(VsphereVm vm) {
        String name = vm.disks().getFirst().fileName();
        return name.substring(name.indexOf(']') + 2).replace(".vmdk", "-flat.vmdk");
    }

    @Test
    void ownersAreShownToPeopleToo() throws Exception {
        OperationId operation = OperationId.random();
        VmId vm = target().create(spec("owned", Purpose.LIVE, List.of("vda"), List.of()), operation, Scene.deadline());
        assertTrue(attribute(vm).contains(operation.toString()), attribute(vm));
        target().promote(vm, operation, done -> {}, Scene.deadline());
        assertTrue(attribute(vm).contains("kept"), attribute(vm));
    }

    private String attribute(VmId vm) throws Exception {
        var read = io.tidemark.hypervisor.vsphere.vim.Properties.of(
                scene.operator(), List.of(scene.seen(vm).ref()), List.of("customValue"), Scene.deadline());
        return read.getFirst()
                .value("customValue")
                .flatMap(values -> values.children().stream().findFirst())
                .flatMap(each -> each.value("value"))
                .orElse("");
    }
}
