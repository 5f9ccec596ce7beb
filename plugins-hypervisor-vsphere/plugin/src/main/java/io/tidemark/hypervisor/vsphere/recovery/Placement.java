package io.tidemark.hypervisor.vsphere.recovery;

import io.tidemark.hypervisor.vsphere.config.VsphereConfig;
import io.tidemark.hypervisor.vsphere.inventory.Topology;
import io.tidemark.hypervisor.vsphere.vim.MoRef;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Where VMs of ours go.
 *
 * @param datacenterPath its inventory path without a slash in front
 * @param browser of the datastore
 */
public record Placement(
        MoRef datacenter, String datacenterPath, String datastore, MoRef browser, MoRef folder, MoRef pool) {
    /** @throws ProviderException of kind {@code REJECTED} when a name is not there, or none was given and there are several */
    public static Placement of(VsphereConfig config, Topology topology) throws ProviderException {
        MoRef datacenter = one("data centre", "datacenter", config.datacenter(), topology.all("Datacenter"), topology);
        List<MoRef> stores = topology.refs(datacenter, "datastore").stream()
                .filter(each -> !topology.name(each).isEmpty())
                .filter(each -> !topology.text(each, "summary.accessible").equals("false"))
                .toList();
        MoRef datastore = one("accessible datastore", "datastore", config.datastore(), stores, topology);
        MoRef browser = topology.refs(datastore, "browser").stream()
                .findFirst()
                .orElseThrow(() -> refused("datastore", topology.name(datastore) + " cannot be browsed"));
        return new Placement(
                datacenter,
                topology.path(datacenter),
                topology.name(datastore),
                browser,
                folder(config, datacenter, topology),
                pool(config, datastore, topology));
    }

    private static MoRef folder(VsphereConfig config, MoRef datacenter, Topology topology) throws ProviderException {
        MoRef root = topology.refs(datacenter, "vmFolder").stream()
                .findFirst()
                .orElseThrow(() -> refused("datacenter", topology.name(datacenter) + " has no VM folder"));
        if (config.folder().isEmpty()) {
            return root;
        }
        List<MoRef> inside = topology.all("Folder").stream()
                .filter(each -> topology.below(each, root))
                .toList();
        return one("VM folder", "folder", config.folder(), inside, topology);
    }

    private static MoRef pool(VsphereConfig config, MoRef datastore, Topology topology) throws ProviderException {
        Predicate<MoRef> reaches = each -> topology.refs(each, "datastore").contains(datastore);
        List<MoRef> clusters = new ArrayList<>(topology.all("ClusterComputeResource"));
        clusters.addAll(topology.all("ComputeResource"));
        clusters.removeIf(reaches.negate());
        Optional<String> wanted = config.resourcePool();
        List<MoRef> named = topology.all("ResourcePool").stream()
                .filter(each -> wanted.isPresent() && topology.name(each).equals(wanted.get()))
                .filter(each -> topology.refs(each, "owner").stream().anyMatch(clusters::contains))
                .toList();
        if (named.size() == 1) {
            return named.getFirst();
        }
        MoRef cluster = one(
                "cluster that reaches datastore " + topology.name(datastore),
                "resource-pool",
                wanted,
                clusters,
                topology);
        return topology.refs(cluster, "resourcePool").stream()
                .findFirst()
                .orElseThrow(() -> refused("resource-pool", topology.name(cluster) + " has no resource pool"));
    }

    private static MoRef one(
            String what, String setting, Optional<String> wanted, List<MoRef> candidates, Topology topology)
            throws ProviderException {
        List<MoRef> fitting = candidates.stream()
                .filter(each -> wanted.isEmpty() || topology.name(each).equals(wanted.get()))
                .toList();
        if (fitting.size() == 1) {
            return fitting.getFirst();
        }
        List<String> names = candidates.stream().map(topology::name).toList();
        throw refused(
                setting,
                wanted.map(name -> "there is " + (fitting.isEmpty() ? "no " : "more than one ") + what + " '" + name
                                        + "'")
                                .orElse("it is empty, and there is not exactly one " + what)
                        + "; there are " + names);
    }

    private static ProviderException refused(String setting, String why) {
        return new ProviderException(
                FailureKind.REJECTED,
                "This vSphere site cannot take recovered VMs",
                "setting " + setting + ": " + why,
                "Set it to one of these names.");
    }
}
