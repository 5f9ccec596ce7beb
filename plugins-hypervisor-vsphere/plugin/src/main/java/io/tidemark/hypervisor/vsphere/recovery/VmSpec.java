package io.tidemark.hypervisor.vsphere.recovery;

import io.tidemark.hypervisor.vsphere.datastore.DatastorePath;
import io.tidemark.hypervisor.vsphere.vim.XmlBody;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/**
 * A VM to be made, as the vCenter wants it described. Elements stand in the order of the vim25 schema, which a real vCenter insists on.
 *
 * @param vmx datastore path of its configuration file; the folder exists
 * @param version virtual hardware version; empty for the cluster's default
 */
record VmSpec(
        String name,
        UUID instanceUuid,
        DatastorePath vmx,
        long memoryMib,
        int processors,
        Optional<Long> coresPerSocket,
        String guestId,
        Optional<String> firmware,
        Optional<String> version,
        List<DiskSpec> disks,
        List<NicSpec> nics,
        Map<String, String> extraConfig) {

    /**
     * A disk whose files are there.
     *
     * @param descriptor its VMDK descriptor
     */
    record DiskSpec(Slot slot, DatastorePath descriptor, long sizeBytes) {}

    /** Where a disk hangs. */
    record Slot(String controllerType, int bus, int unit) {}

    /**
     * A network card.
     *
     * @param plugged whether it is connected when the VM starts
     */
    record NicSpec(String model, String mac, NicBacking backing, boolean plugged) {}

    /** What a network card hangs on. */
    sealed interface NicBacking {
        /** A port group of standard switches. */
        record Standard(String network) implements NicBacking {}

        /** A port group of a distributed switch. */
        record Distributed(String switchUuid, String portGroupKey) implements NicBacking {}
    }

    /** IDE controllers are part of every VM and cannot be added. */
    private static final int FIRST_IDE_KEY = 200;

    private static final String IDE = "VirtualIDEController";

    void write(XmlBody body) {
        body.text("name", name);
        version.ifPresent(each -> body.text("version", each));
        body.text("instanceUuid", instanceUuid);
        body.text("guestId", guestId);
        body.element("files", files -> files.text("vmPathName", vmx));
        body.text("numCPUs", processors);
        coresPerSocket.ifPresent(each -> body.text("numCoresPerSocket", each));
        body.text("memoryMB", memoryMib);
        writeDevices(body);
        new TreeMap<>(extraConfig)
                .forEach((key, value) -> body.typed("extraConfig", "OptionValue", option -> option.text("key", key)
                        .any("value", "string", value)));
        body.text("changeTrackingEnabled", "true");
        firmware.ifPresent(each -> body.text("firmware", each));
    }

    private void writeDevices(XmlBody body) {
        Map<String, Integer> controllers = new LinkedHashMap<>();
        List<Runnable> devices = new ArrayList<>();
        int key = -100;
        for (DiskSpec disk : disks) {
            Slot slot = disk.slot();
            String controller = slot.controllerType() + slot.bus();
            if (slot.controllerType().equals(IDE)) {
                controllers.putIfAbsent(controller, FIRST_IDE_KEY + slot.bus());
            } else if (!controllers.containsKey(controller)) {
                int own = key--;
                controllers.put(controller, own);
                add(body, slot.controllerType(), device -> writeController(device, own, slot));
            }
            int own = key--;
            int controllerKey = controllers.getOrDefault(controller, 0);
            devices.add(() -> add(body, "VirtualDisk", device -> writeDisk(device, own, controllerKey, disk)));
        }
        devices.forEach(Runnable::run);
        for (NicSpec nic : nics) {
            int own = key--;
            add(body, nic.model(), device -> writeNic(device, own, nic));
        }
    }

    private static void add(XmlBody body, String type, java.util.function.Consumer<XmlBody> device) {
        body.element("deviceChange", change -> change.text("operation", "add").typed("device", type, device));
    }

    private static void writeController(XmlBody device, int key, Slot slot) {
        device.text("key", key).text("busNumber", slot.bus());
        if (!slot.controllerType().equals("VirtualAHCIController")
                && !slot.controllerType().equals("VirtualNVMEController")) {
            device.text("sharedBus", "noSharing");
        }
    }

    private static void writeDisk(XmlBody device, int key, int controllerKey, DiskSpec disk) {
        device.text("key", key)
                .typed("backing", "VirtualDiskFlatVer2BackingInfo", backing -> backing.text(
                                "fileName", disk.descriptor())
                        .text("diskMode", "persistent"))
                .text("controllerKey", controllerKey)
                .text("unitNumber", disk.slot().unit())
                .text("capacityInKB", disk.sizeBytes() / 1024)
                .text("capacityInBytes", disk.sizeBytes());
    }

    private static void writeNic(XmlBody device, int key, NicSpec nic) {
        device.text("key", key);
        switch (nic.backing()) {
            case NicBacking.Standard standard ->
                device.typed(
                        "backing",
                        "VirtualEthernetCardNetworkBackingInfo",
                        backing -> backing.text("deviceName", standard.network()));
            case NicBacking.Distributed distributed ->
                device.typed(
                        "backing",
                        "VirtualEthernetCardDistributedVirtualPortBackingInfo",
                        backing -> backing.element("port", port -> port.text("switchUuid", distributed.switchUuid())
                                .text("portgroupKey", distributed.portGroupKey())));
        }
        device.element("connectable", connectable -> connectable
                        .text("startConnected", nic.plugged())
                        .text("allowGuestControl", nic.plugged())
                        .text("connected", nic.plugged()))
                .text("addressType", "manual")
                .text("macAddress", nic.mac());
    }
}
