package io.tidemark.launcher.demo;

import io.tidemark.launcher.demo.BlockComparison.Digests;
import io.tidemark.nbd.NbdServer;
import io.tidemark.nbd.NbdServerConfig;
import io.tidemark.spi.block.BlockAddress.UnixSocket;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.recovery.RecoveryTarget;
import io.tidemark.spi.recovery.RecoveryVmSpec;
import io.tidemark.spi.recovery.RecoveryVmSpec.Purpose;
import io.tidemark.spi.recovery.RecoveryVmSpec.RecoveryDisk;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.sample.SampleVms;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.VmDescription;
import io.tidemark.spi.site.VolumeDescription;
import io.tidemark.spi.volume.VolumeReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Looks into VMs that were recovered to a target on which no sample VM can answer: reads their disks back from the target, and boots guests
 * on the copies at a hypervisor that can, so that it is the guests' own program that judges their ledgers. Main thread.
 */
final class ReadBack {
    private static final Duration LIMIT = Duration.ofMinutes(3);

    private final HypervisorSite target;
    private final HypervisorSite judge;
    private final Path folder;
    private final CleanUp cleanUp;

    /**
     * @param judge runs the guests on the copies
     * @param folder for the copies; made here
     */
    ReadBack(HypervisorSite target, HypervisorSite judge, Path folder, CleanUp cleanUp) {
        this.target = target;
        this.judge = judge;
        this.folder = folder;
        this.cleanUp = cleanUp;
    }

    /** The disks of one recovered VM, read back, by the volume of the source that they were made from. */
    record Disks(VmDescription source, Map<VolumeDescription, ImageFile> images) {}

    /** Reads the disks of a VM back, in the order of the source's. */
    Disks read(VmDescription source, VmId recovered) throws ProviderException, IOException, DemoException {
        VolumeReader reader = target.volumeReader()
                .orElseThrow(() -> new DemoException("nothing that was recovered can be verified: the target runs no"
                        + " sample VMs, and cannot read volumes back"));
        List<VolumeDescription> there = target.inventory()
                .find(recovered, Deadline.after(LIMIT))
                .orElseThrow(() -> new DemoException("recovered VM " + recovered + " is not at the target"))
                .volumes();
        if (there.size() != source.volumes().size()) {
            throw new DemoException("recovered VM " + recovered + " has " + there.size() + " disks instead of "
                    + source.volumes().size());
        }
        Files.createDirectories(folder);
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
        Map<VolumeDescription, ImageFile> images = new LinkedHashMap<>();
        for (int i = 0; i < there.size(); i++) {
            VolumeDescription volume = source.volumes().get(i);
            Path file = folder.resolve(source.name() + "-" + volume.device() + ".raw");
            try (BlockDevice device = reader.openLive(there.get(i).id(), Deadline.after(LIMIT))) {
                ImageFile image = ImageFile.copyOf(device, volume.sizeBytes(), file);
                cleanUp.later("the copy " + file, image::close);
                images.put(volume, image);
            }
        }
        return new Disks(source, images);
    }

    static Map<VolumeId, Digests> digests(List<Disks> vms) throws IOException {
        Map<VolumeId, Digests> digests = new LinkedHashMap<>();
        for (Disks vm : vms) {
            for (Map.Entry<VolumeDescription, ImageFile> disk : vm.images().entrySet()) {
                ImageFile image = disk.getValue();
                digests.put(disk.getKey().id(), BlockComparison.digest(image.sizeBytes(), image::read));
            }
        }
        return digests;
    }

    /** Boots a guest on each VM's copies, and connects to the programs inside. Compare the copies before: guests write. */
    List<SampleVm> boot(List<Disks> vms) throws ProviderException, IOException, DemoException {
        RecoveryTarget host = judge.recoveryTarget()
                .orElseThrow(() -> new DemoException("no hypervisor here can boot guests on the copies"));
        SampleVms samples = judge.sampleVms()
                .orElseThrow(() -> new DemoException("no hypervisor here can talk to the guests on the copies"));
        Path socket = folder.resolve("copies.sock");
        NbdServer server = NbdServer.listen(NbdServerConfig.unix(socket));
        cleanUp.later("the copies' server", server::close);
        OperationId operation = OperationId.random();
        cleanUp.later("the guests on the copies", () -> host.discard(operation, Deadline.after(LIMIT)));
        List<SampleVm> guests = new ArrayList<>();
        for (Disks vm : vms) {
            List<RecoveryDisk> disks = new ArrayList<>();
            for (Map.Entry<VolumeDescription, ImageFile> disk : vm.images().entrySet()) {
                String export = vm.source().name() + "-" + disk.getKey().device();
                server.addExport(export, disk.getValue());
                disks.add(new RecoveryDisk(
                        disk.getKey().device(), disk.getValue().sizeBytes(), new UnixSocket(socket, export)));
            }
            RecoveryVmSpec spec = new RecoveryVmSpec(
                    vm.source().name() + "-copy",
                    Purpose.TEST,
                    vm.source().hardware(),
                    disks,
                    vm.source().nics());
            VmId made = host.create(spec, operation, Deadline.after(LIMIT));
            host.start(made, Deadline.after(LIMIT));
            guests.add(samples.connect(made, Deadline.after(LIMIT)));
        }
        return guests;
    }
}
