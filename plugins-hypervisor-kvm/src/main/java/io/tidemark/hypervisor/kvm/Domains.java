package io.tidemark.hypervisor.kvm;

import io.tidemark.hypervisor.kvm.DomainXml.OwnerTag;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import java.util.List;
import java.util.Optional;
import org.libvirt.Domain;
import org.libvirt.Domain.UndefineFlags;
import org.libvirt.LibvirtException;

/** The domains that Tidemark itself made: finds them by their tag, and removes them. */
final class Domains {
    /** virDomainUndefineFlagsValues of libvirt's API that the Java binding does not name. */
    private static final int UNDEFINE_NVRAM = 4;

    private static final int UNDEFINE_CHECKPOINTS_METADATA = 16;

    private final Libvirt libvirt;

    Domains(Libvirt libvirt) {
        this.libvirt = libvirt;
    }

    /** The tag of a domain; empty when it has none, or does not exist. */
    Optional<OwnerTag> tagOf(VmId vm, Deadline deadline) throws ProviderException {
        return libvirt.<Optional<OwnerTag>>ifDomain("Looking at VM " + vm, vm, deadline, Domains::tag)
                .flatMap(tag -> tag);
    }

    List<VmId> tagged(OwnerTag wanted, Deadline deadline) throws ProviderException {
        return libvirt
                .<Optional<VmId>>eachDomain("Looking for VMs of operation " + wanted.operation(), deadline, domain -> {
                    DomainXml xml = DomainXml.parse(domain.getXMLDesc(KvmInventory.XML_INACTIVE));
                    return xml.ownerTag().filter(wanted::equals).map(tag -> xml.id());
                })
                .stream()
                .flatMap(Optional::stream)
                .toList();
    }

    /** @throws ProviderException CONFLICT when a domain has that name */
    void requireFree(String name, Deadline deadline) throws ProviderException {
        boolean taken = libvirt.call("Looking for a VM named " + name, deadline, connect -> {
            try {
                connect.domainLookupByName(name).free();
                return true;
            } catch (LibvirtException failure) {
                if (KvmFailures.saysNoDomain(failure)) {
                    return false;
                }
                throw failure;
            }
        });
        if (taken) {
            throw new ProviderException(
                    FailureKind.CONFLICT,
                    "VM " + name + " was not made",
                    "the site has a VM of that name",
                    "Choose another name, or rename or remove that VM.");
        }
    }

    /** Cuts the power of a domain and removes its definition; its disks stay. Does nothing when there is none. */
    void remove(VmId vm, Deadline deadline) throws ProviderException {
        libvirt.ifDomain("Removing VM " + vm, vm, deadline, domain -> {
            KvmCompute.destroy(domain);
            domain.undefine(UndefineFlags.MANAGED_SAVE
                    | UndefineFlags.SNAPSHOTS_METADATA
                    | UNDEFINE_NVRAM
                    | UNDEFINE_CHECKPOINTS_METADATA);
            return true;
        });
    }

    private static Optional<OwnerTag> tag(Domain domain) throws LibvirtException {
        return DomainXml.parse(domain.getXMLDesc(KvmInventory.XML_INACTIVE)).ownerTag();
    }
}
