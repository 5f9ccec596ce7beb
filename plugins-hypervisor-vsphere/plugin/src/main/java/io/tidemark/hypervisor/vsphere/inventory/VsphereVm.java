package io.tidemark.hypervisor.vsphere.inventory;

import io.tidemark.hypervisor.vsphere.vim.MoRef;
import io.tidemark.hypervisor.vsphere.vim.XmlBody;
import io.tidemark.hypervisor.vsphere.vim.XmlNode;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.site.PowerState;
import io.tidemark.spi.site.VmDescription;
import io.tidemark.spi.site.VmDescription.NicDescription;
import io.tidemark.spi.site.VmDescription.SkippedDrive;
import io.tidemark.spi.site.VmHardware;
import io.tidemark.spi.site.VmHardware.NativeDefinition;
import io.tidemark.spi.site.VolumeDescription;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A VM as the vCenter has it.
 *
 * @param id its instance UUID, which no other VM of the vCenter has
 * @param vmxPath datastore path of its configuration file
 * @param extraConfig its free settings; ours begin with {@code tidemark.}
 * @param snapshots its snapshots, oldest first, as names to references
 */
public record VsphereVm(
        MoRef ref,
        VmId id,
        String name,
        PowerState power,
        String vmxPath,
        boolean changeTracking,
        XmlNode hardware,
        List<VirtualDrive> drives,
        List<NicDescription> nics,
        Map<String, String> extraConfig,
        List<Snapshot> snapshots,
        String nativeDocument) {
    /** Language of the native definition: the parts of vim25's VirtualMachineConfigInfo that a recovered VM takes over. */
    public static final String NATIVE_FORMAT = "vim25-vm-config";

    private static final List<String> NATIVE = List.of("guestId", "firmware", "version");
    private static final long MIB = 1L << 20;

    /** A snapshot of the VM. */
    public record Snapshot(MoRef ref, String name, String description) {}

    static Optional<VsphereVm> of(MoRef ref, Topology topology) {
        String instance = topology.text(ref, "config.instanceUuid");
        if (instance.isBlank() || topology.text(ref, "config.template").equals("true")) {
            return Optional.empty();
        }
        XmlNode hardware = topology.property(ref, "config.hardware");
        Map<String, String> extra = new HashMap<>();
        for (XmlNode option : topology.property(ref, "config.extraConfig").children()) {
            option.value("key")
                    .ifPresent(key -> extra.put(key, option.value("value").orElse("")));
        }
        List<Snapshot> snapshots = new java.util.ArrayList<>();
        topology.property(ref, "snapshot").children("rootSnapshotList").forEach(each -> collect(each, snapshots));
        return Optional.of(new VsphereVm(
                ref,
                new VmId(instance),
                topology.name(ref),
                power(topology.text(ref, "runtime.powerState"), topology.text(ref, "runtime.connectionState")),
                topology.text(ref, "config.files.vmPathName"),
                topology.text(ref, "config.changeTrackingEnabled").equals("true"),
                hardware,
                VirtualDrive.all(hardware),
                nics(hardware, topology),
                Map.copyOf(extra),
                List.copyOf(snapshots),
                nativeDocument(ref, topology, hardware, extra)));
    }

    private static void collect(XmlNode tree, List<Snapshot> into) {
        tree.ref("snapshot")
                .ifPresent(each -> into.add(new Snapshot(
                        each,
                        tree.value("name").orElse(""),
                        tree.value("description").orElse(""))));
        tree.children("childSnapshotList").forEach(each -> collect(each, into));
    }

    private static PowerState power(String power, String connection) {
        if (!connection.isEmpty() && !connection.equals("connected")) {
            return PowerState.UNKNOWN;
        }
        return switch (power) {
            case "poweredOn" -> PowerState.RUNNING;
            case "poweredOff" -> PowerState.OFF;
            case "suspended" -> PowerState.PAUSED;
            default -> PowerState.UNKNOWN;
        };
    }

    /** Network cards have an address; other devices have none. */
    private static List<NicDescription> nics(XmlNode hardware, Topology topology) {
        return hardware.children("device").stream()
                .filter(each -> each.value("macAddress").isPresent())
                .map(each -> new NicDescription(
                        each.value("macAddress").orElse(""),
                        each.at("connectable").isPresent() && !each.flag("connectable.startConnected")
                                ? ""
                                : each.child("backing").map(topology::networkOf).orElse(""),
                        each.type()))
                .toList();
    }

    private static String nativeDocument(MoRef ref, Topology topology, XmlNode hardware, Map<String, String> extra) {
        return XmlBody.document("config", config -> {
            for (String name : NATIVE) {
                String value = topology.text(ref, "config." + name);
                if (!value.isEmpty()) {
                    config.text(name, value);
                }
            }
            hardware.number("numCoresPerSocket").ifPresent(cores -> config.text("numCoresPerSocket", cores));
            for (VirtualDrive drive : VirtualDrive.all(hardware)) {
                if (drive.reasonToSkip().isEmpty()) {
                    config.element("disk", disk -> disk.text("position", drive.position())
                            .text("controllerType", drive.controllerType()));
                }
            }
            // What the guest reads about itself; cloud-init, for one, waits for it.
            new TreeMap<>(extra).forEach((key, value) -> {
                if (key.startsWith("guestinfo.")) {
                    config.element(
                            "extraConfig", option -> option.text("key", key).text("value", value));
                }
            });
        });
    }

    /** The disks that can be protected, in bus order. */
    public List<VirtualDrive> disks() {
        return drives.stream().filter(each -> each.reasonToSkip().isEmpty()).toList();
    }

    /** In Tidemark's words. */
    public VmDescription describe() {
        List<VolumeDescription> volumes = disks().stream()
                .map(each -> new VolumeDescription(
                        each.volume(id), each.position(), each.sizeBytes(), each.format(), each.fileName()))
                .toList();
        List<SkippedDrive> skipped = drives.stream()
                .filter(each -> each.reasonToSkip().isPresent())
                .map(each ->
                        new SkippedDrive(each.position(), each.reasonToSkip().orElseThrow()))
                .toList();
        VmHardware neutral = new VmHardware(
                Math.max(1, hardware.number("memoryMB").orElse(0)) * MIB,
                (int) Math.max(1, hardware.number("numCPU").orElse(1)),
                Optional.of(new NativeDefinition(NATIVE_FORMAT, nativeDocument)));
        return new VmDescription(id, name, power, neutral, volumes, skipped, nics);
    }
}
