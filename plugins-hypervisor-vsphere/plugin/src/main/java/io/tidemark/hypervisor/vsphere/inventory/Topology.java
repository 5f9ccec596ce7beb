package io.tidemark.hypervisor.vsphere.inventory;

import io.tidemark.hypervisor.vsphere.vim.MoRef;
import io.tidemark.hypervisor.vsphere.vim.XmlNode;
import io.tidemark.spi.id.VmId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The vCenter's objects at one moment. Immutable. */
public final class Topology {
    private static final int MOST_PARENTS = 64;
    private static final XmlNode NOTHING = new XmlNode("val", "", "", List.of());

    private final Map<MoRef, Map<String, XmlNode>> objects;

    Topology(Map<MoRef, Map<String, XmlNode>> objects) {
        Map<MoRef, Map<String, XmlNode>> copy = new HashMap<>();
        objects.forEach((ref, values) -> copy.put(ref, Map.copyOf(values)));
        this.objects = copy;
    }

    /** A property; an element without anything when the object or the property is not there. */
    XmlNode property(MoRef object, String path) {
        return objects.getOrDefault(object, Map.of()).getOrDefault(path, NOTHING);
    }

    /** The text of a property; empty when there is none. */
    public String text(MoRef object, String path) {
        return property(object, path).text();
    }

    /** The references that a property holds. */
    public List<MoRef> refs(MoRef object, String path) {
        XmlNode value = property(object, path);
        if (value.children().isEmpty()) {
            return value.text().isEmpty() ? List.of() : List.of(value.asRef());
        }
        return value.children().stream().map(XmlNode::asRef).toList();
    }

    public String name(MoRef object) {
        return text(object, "name");
    }

    /** All objects of a type, in the order of their names. */
    public List<MoRef> all(String type) {
        return objects.keySet().stream()
                .filter(each -> each.type().equals(type))
                .sorted(Comparator.comparing(this::name).thenComparing(MoRef::value))
                .toList();
    }

    /** The VMs, in the order of their names; those that the vCenter is still making, and templates, are left out. */
    public List<VsphereVm> vms() {
        List<VsphereVm> vms = new ArrayList<>();
        for (MoRef ref : all("VirtualMachine")) {
            VsphereVm.of(ref, this).ifPresent(vms::add);
        }
        return vms;
    }

    public Optional<VsphereVm> vm(VmId id) {
        return objects.keySet().stream()
                .filter(each -> each.type().equals("VirtualMachine"))
                .filter(each -> text(each, "config.instanceUuid").equals(id.value()))
                .findFirst()
                .flatMap(each -> VsphereVm.of(each, this));
    }

    /** The data centre that a VM's files are in. */
    public Optional<MoRef> datacenterOf(VsphereVm vm) {
        List<MoRef> stores = refs(vm.ref(), "datastore");
        return all("Datacenter").stream()
                .filter(each -> refs(each, "datastore").stream().anyMatch(stores::contains))
                .findFirst();
    }

    /** Inventory path of a data centre, without a slash in front. */
    public String path(MoRef datacenter) {
        StringBuilder path = new StringBuilder(name(datacenter));
        MoRef at = datacenter;
        for (int i = 0; i < MOST_PARENTS; i++) {
            List<MoRef> parents = refs(at, "parent");
            // The root folder is no part of a path.
            if (parents.isEmpty() || refs(parents.getFirst(), "parent").isEmpty()) {
                break;
            }
            at = parents.getFirst();
            path.insert(0, name(at) + "/");
        }
        return path.toString();
    }

    /** Whether a folder is somewhere below another. */
    public boolean below(MoRef folder, MoRef ancestor) {
        MoRef at = folder;
        for (int i = 0; i < MOST_PARENTS; i++) {
            List<MoRef> parents = refs(at, "parent");
            if (parents.isEmpty()) {
                return false;
            }
            at = parents.getFirst();
            if (at.equals(ancestor)) {
                return true;
            }
        }
        return false;
    }

    /** The network or port group that a network card's backing names, by its name. */
    String networkOf(XmlNode backing) {
        Optional<String> portGroup = backing.value("port.portgroupKey");
        if (portGroup.isEmpty()) {
            return backing.value("deviceName").orElse("");
        }
        return all("DistributedVirtualPortgroup").stream()
                .filter(each -> text(each, "key").equals(portGroup.get())
                        || each.value().equals(portGroup.get()))
                .map(this::name)
                .findFirst()
                .orElse(portGroup.get());
    }
}
