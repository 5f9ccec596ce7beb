package io.tidemark.hypervisor.kvm;

import io.tidemark.hypervisor.kvm.DomainXml.Disk;
import io.tidemark.spi.block.BlockAddress;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.plugin.ProviderContext;
import io.tidemark.spi.volume.VolumeReader;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Opens volumes for reading: those of a running VM through an NBD export of its own QEMU, which sees every acknowledged write and runs
 * beside a capture; those of a VM that is off through a {@code qemu-nbd} on the image.
 */
final class KvmVolumeReader implements VolumeReader {
    private final KvmSiteConfig config;
    private final ProviderContext host;
    private final Libvirt libvirt;
    private final Monitor monitor;
    private final Map<VmId, LiveExports> exports = new ConcurrentHashMap<>();
    private final Set<ReadOnlyVolume> open = ConcurrentHashMap.newKeySet();

    KvmVolumeReader(KvmSiteConfig config, ProviderContext host, Libvirt libvirt, Monitor monitor) {
        this.config = config;
        this.host = host;
        this.libvirt = libvirt;
        this.monitor = monitor;
    }

    @Override
    public BlockDevice openLive(VolumeId volume, Deadline deadline) throws ProviderException {
        int slash = volume.value().indexOf('/');
        if (slash < 0) {
            throw noSuchVolume(volume);
        }
        VmId vm = new VmId(volume.value().substring(0, slash));
        String what = "Opening volume " + volume;
        Source source = libvirt.ifDomain(what, vm, deadline, domain -> {
                    boolean running = domain.isActive() != 0;
                    DomainXml xml = DomainXml.parse(domain.getXMLDesc(running ? 0 : KvmInventory.XML_INACTIVE));
                    Optional<Disk> disk = xml.disks().stream()
                            .filter(each -> each.volume(vm).equals(volume)
                                    && each.reasonToSkip().isEmpty())
                            .findFirst();
                    return disk.map(each -> new Source(running, each));
                })
                .flatMap(found -> found)
                .orElseThrow(() -> noSuchVolume(volume));
        ReadOnlyVolume device =
                source.running() ? openRunning(vm, source.disk(), deadline) : openOff(vm, source.disk(), deadline);
        open.add(device);
        return device;
    }

    /** Closes what is open. */
    void close() {
        open.forEach(ReadOnlyVolume::close);
    }

    private record Source(boolean running, Disk disk) {}

    private ReadOnlyVolume openRunning(VmId vm, Disk disk, Deadline deadline) throws ProviderException {
        String alias = disk.alias()
                .orElseThrow(() -> new ProviderException(
                        FailureKind.BUG,
                        "Disk " + disk.device() + " of VM " + vm + " could not be opened",
                        "libvirt names no device for it",
                        "Report this with the domain's XML."));
        LiveExports served = exports.computeIfAbsent(
                vm, id -> new LiveExports(id, monitor, config.qemuSockets(), config.instanceTag()));
        BlockAddress.UnixSocket address = served.add(alias, deadline);
        try {
            BlockDevice device = host.blockNetwork().connect(address);
            return new ReadOnlyVolume(device, () -> served.remove(address.exportName()), open::remove);
        } catch (IOException e) {
            served.remove(address.exportName());
            throw unreachable(vm, disk, e);
        }
    }

    private ReadOnlyVolume openOff(VmId vm, Disk disk, Deadline deadline) throws ProviderException {
        OfflineExport export = OfflineExport.start(vm, disk, config.qemuSockets(), deadline);
        try {
            BlockDevice device = connect(export.address(), deadline);
            // Once the VM runs, its disk changes under this reader, which would show neither old nor new contents.
            BlockDevice guarded = new OfflineVolume(device, vm, libvirt);
            return new ReadOnlyVolume(guarded, export::close, open::remove);
        } catch (IOException e) {
            export.close();
            throw unreachable(vm, disk, e);
        }
    }

    /** The socket of a server that starts is there a moment before anybody listens on it. */
    private BlockDevice connect(BlockAddress.UnixSocket address, Deadline deadline) throws IOException {
        while (true) {
            try {
                return host.blockNetwork().connect(address);
            } catch (ConnectException notYet) {
                if (deadline.passed()) {
                    throw notYet;
                }
                Waiting.pause(Duration.ofMillis(5));
            }
        }
    }

    private static ProviderException unreachable(VmId vm, Disk disk, IOException cause) {
        return new ProviderException(
                FailureKind.RETRY_LATER,
                "Disk " + disk.device() + " of VM " + vm + " could not be opened for reading",
                KvmFailures.firstLine(cause.toString()),
                "The VM's log in /var/log/libvirt/qemu may say why.",
                cause);
    }

    private static ProviderException noSuchVolume(VolumeId volume) {
        return KvmFailures.rejected(
                "Volume " + volume + " could not be opened",
                "the site has no such disk, or it is one that cannot be protected",
                "List the VM's volumes and choose among them.");
    }
}
