package io.tidemark.hypervisor.kvm;

import io.tidemark.hypervisor.kvm.DomainXml.Disk;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.site.Inventory;
import io.tidemark.spi.site.PowerState;
import io.tidemark.spi.site.VmDescription;
import io.tidemark.spi.site.VmDescription.SkippedDrive;
import io.tidemark.spi.site.VmHardware;
import io.tidemark.spi.site.VmHardware.NativeDefinition;
import io.tidemark.spi.site.VolumeDescription;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.libvirt.Domain;
import org.libvirt.DomainInfo.DomainState;
import org.libvirt.LibvirtException;

/** The domains of one libvirt daemon, in Tidemark's words. */
final class KvmInventory implements Inventory {
    /** Language of the native definition: the domain's persistent XML. */
    static final String NATIVE_FORMAT = "libvirt-domain-xml";

    /** virDomainXMLFlags of libvirt's API: the definition that the next start takes, without what belongs to the running process. */
    static final int XML_INACTIVE = 2;

    private final Libvirt libvirt;

    KvmInventory(Libvirt libvirt) {
        this.libvirt = libvirt;
    }

    @Override
    public List<VmDescription> list(Deadline deadline) throws ProviderException {
        return libvirt.eachDomain("Listing the VMs", deadline, KvmInventory::describe).stream()
                .sorted(Comparator.comparing(VmDescription::name))
                .toList();
    }

    @Override
    public Optional<VmDescription> find(VmId vm, Deadline deadline) throws ProviderException {
        return libvirt.ifDomain("Looking up VM " + vm, vm, deadline, KvmInventory::describe);
    }

    private static VmDescription describe(Domain domain) throws LibvirtException {
        String document = domain.getXMLDesc(XML_INACTIVE);
        DomainXml xml = DomainXml.parse(document);
        VmId id = xml.id();
        List<VolumeDescription> volumes = new ArrayList<>();
        List<SkippedDrive> skipped = new ArrayList<>();
        for (Disk disk : xml.disks()) {
            Optional<String> reason = disk.reasonToSkip();
            if (reason.isPresent()) {
                skipped.add(new SkippedDrive(disk.device(), reason.get()));
                continue;
            }
            try {
                long sizeBytes = domain.blockInfo(disk.device()).getCapacity();
                volumes.add(new VolumeDescription(
                        disk.volume(id), disk.device(), sizeBytes, disk.format(), disk.location()));
            } catch (LibvirtException unreadable) {
                if (KvmFailures.saysNoDomain(unreadable) || !domain.getConnect().isAlive()) {
                    throw unreadable;
                }
                skipped.add(new SkippedDrive(
                        disk.device(), "its size cannot be read: " + KvmFailures.firstLine(unreadable.getMessage())));
            }
        }
        VmHardware hardware = new VmHardware(
                xml.memoryBytes(), xml.processors(), Optional.of(new NativeDefinition(NATIVE_FORMAT, document)));
        return new VmDescription(id, xml.name(), power(domain), hardware, volumes, skipped, xml.nics());
    }

    static PowerState power(Domain domain) throws LibvirtException {
        DomainState state = domain.getInfo().state;
        return switch (state) {
            case VIR_DOMAIN_RUNNING, VIR_DOMAIN_BLOCKED, VIR_DOMAIN_SHUTDOWN -> PowerState.RUNNING;
            case VIR_DOMAIN_PAUSED, VIR_DOMAIN_PMSUSPENDED -> PowerState.PAUSED;
            case VIR_DOMAIN_SHUTOFF -> PowerState.OFF;
            case VIR_DOMAIN_CRASHED -> PowerState.CRASHED;
            default -> PowerState.UNKNOWN;
        };
    }
}
