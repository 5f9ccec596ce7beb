package io.tidemark.hypervisor.kvm;

import io.tidemark.hypervisor.kvm.DomainXml.OwnerTag;
import io.tidemark.hypervisor.kvm.DomainXml.OwnerTag.Role;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.plugin.ProviderContext;
import io.tidemark.spi.plugin.ProviderContext.Severity;
import io.tidemark.spi.recovery.RecoveryTarget;
import io.tidemark.spi.recovery.RecoveryVmSpec;
import io.tidemark.spi.recovery.RecoveryVmSpec.Purpose;
import io.tidemark.spi.recovery.RecoveryVmSpec.RecoveryDisk;
import io.tidemark.spi.site.VmDescription.NicDescription;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.DoubleConsumer;

/**
 * Runs recovered VMs as domains whose disks are qcow2 overlays over the read-only NBD views of a checkpoint: they boot at once.
 *
 * <p>Every domain carries its operation in its metadata, and its UUID follows from operation and name; so a repeated call after a crash
 * finds what an earlier one made.
 */
final class KvmRecoveryTarget implements RecoveryTarget {
    /** virDomainModificationImpact and virDomainMetadataType of libvirt's API. */
    private static final int AFFECT_CURRENT = 0;

    private static final int AFFECT_CONFIG = 2;
    private static final int METADATA_ELEMENT = 2;

    private final ProviderContext host;
    private final Libvirt libvirt;
    private final QemuAccess access;
    private final Acceleration acceleration;
    private final Domains domains;
    private final RecoveryFolders folders;
    private final StalledGuests stalled;

    KvmRecoveryTarget(
            KvmSiteConfig config,
            ProviderContext host,
            Libvirt libvirt,
            QemuAccess access,
            Acceleration acceleration,
            Domains domains,
            StalledGuests stalled) {
        this.host = host;
        this.libvirt = libvirt;
        this.access = access;
        this.acceleration = acceleration;
        this.domains = domains;
        this.stalled = stalled;
        this.folders = new RecoveryFolders(config.storageDirectory(), access);
    }

    @Override
    public VmId create(RecoveryVmSpec spec, OperationId operation, Deadline deadline) throws ProviderException {
        UUID uuid = UUID.nameUUIDFromBytes((operation + "/" + spec.name()).getBytes(StandardCharsets.UTF_8));
        VmId vm = new VmId(uuid.toString());
        Optional<OwnerTag> existing = domains.tagOf(vm, deadline);
        if (existing.filter(tag -> tag.role() == Role.PROMOTED).isPresent()) {
            return vm;
        }
        if (existing.isEmpty()) {
            domains.requireFree(spec.name(), deadline);
        }
        for (RecoveryDisk disk : spec.disks()) {
            // Also for a VM that is there: after a restart the host serves on a new socket of its own user.
            access.grantSocket(disk.source().socket());
        }
        if (existing.isPresent() && isActive(vm, deadline)) {
            return vm;
        }
        Map<String, Path> overlays = new TreeMap<>();
        for (RecoveryDisk disk : spec.disks()) {
            Path overlay = folders.overlay(operation, vm, disk.device());
            if (existing.isEmpty()) {
                folders.makeOverlay(overlay, disk, deadline);
            }
            overlays.put(disk.device(), overlay);
        }
        define(spec, uuid, operation, overlays, deadline);
        return vm;
    }

    private void define(
            RecoveryVmSpec spec, UUID uuid, OperationId operation, Map<String, Path> overlays, Deadline deadline)
            throws ProviderException {
        Set<String> networks = activeNetworks(deadline);
        if (spec.purpose() == Purpose.LIVE) {
            for (NicDescription nic : spec.nics()) {
                if (!networks.contains(nic.network())) {
                    host.event(
                            Severity.WARNING,
                            "Network card " + nic.mac() + " of recovered VM " + spec.name()
                                    + " is unplugged: this host has no active libvirt network '" + nic.network()
                                    + "'. Make the network, or plug the card into another one.");
                }
            }
        }
        String xml = new RecoveryDefinition(
                        spec,
                        uuid,
                        new OwnerTag(operation, Role.RECOVERED),
                        acceleration.domainType(),
                        networks,
                        overlays)
                .write();
        libvirt.<Boolean>call("Making VM " + spec.name(), deadline, connect -> {
            connect.domainDefineXML(xml).free();
            return true;
        });
    }

    private Set<String> activeNetworks(Deadline deadline) throws ProviderException {
        return new HashSet<>(
                libvirt.call("Listing the networks", deadline, connect -> List.of(connect.listNetworks())));
    }

    private boolean isActive(VmId vm, Deadline deadline) throws ProviderException {
        return libvirt.domain("Looking at VM " + vm, vm, deadline, domain -> domain.isActive() != 0);
    }

    @Override
    public void start(VmId vm, Deadline deadline) throws ProviderException {
        libvirt.<Boolean>domain("Starting VM " + vm, vm, deadline, domain -> {
            if (domain.isActive() == 0) {
                domain.create();
            }
            return true;
        });
        stalled.watch();
    }

    @Override
    public void promote(VmId vm, OperationId operation, DoubleConsumer progress, Deadline deadline)
            throws ProviderException {
        OwnerTag tag = domains.tagOf(vm, deadline)
                .filter(each -> each.operation().equals(operation) && each.role() != Role.SAMPLE)
                .orElseThrow(() -> KvmFailures.rejected(
                        "VM " + vm + " was not promoted",
                        "operation " + operation + " has no such VM",
                        "List the operation's VMs."));
        if (tag.role() == Role.RECOVERED) {
            new Promotion(vm, operation, libvirt, folders, progress).run(deadline);
            setRole(vm, operation, deadline);
        }
        // Also when an earlier call ended between these two.
        folders.removeOverlays(operation, vm);
        progress.accept(1.0);
    }

    private void setRole(VmId vm, OperationId operation, Deadline deadline) throws ProviderException {
        String element = new OwnerTag(operation, Role.PROMOTED).element();
        libvirt.<Boolean>domain("Marking VM " + vm + " as promoted", vm, deadline, domain -> {
            int live = domain.isActive() != 0 ? 1 : AFFECT_CURRENT;
            domain.setMetadata(METADATA_ELEMENT, element, "tidemark", OwnerTag.namespace(), live | AFFECT_CONFIG);
            return true;
        });
    }

    @Override
    public void discard(OperationId operation, Deadline deadline) throws ProviderException {
        for (VmId vm : domains.tagged(new OwnerTag(operation, Role.RECOVERED), deadline)) {
            domains.remove(vm, deadline);
        }
        Set<VmId> keep = Set.copyOf(domains.tagged(new OwnerTag(operation, Role.PROMOTED), deadline));
        folders.removeAllBut(keep, operation);
    }

    @Override
    public List<VmId> list(OperationId operation, Deadline deadline) throws ProviderException {
        List<VmId> all = new ArrayList<>(domains.tagged(new OwnerTag(operation, Role.RECOVERED), deadline));
        all.addAll(domains.tagged(new OwnerTag(operation, Role.PROMOTED), deadline));
        return all;
    }
}
