package io.tidemark.hypervisor.vsphere.inventory;

import io.tidemark.hypervisor.vsphere.vim.XmlNode;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A disk, CD/DVD or floppy drive of a VM.
 *
 * @param key the device's key, good for one configuration of the VM; never kept
 * @param position controller and unit as the guest sees them, for example {@code scsi0:1}
 * @param controllerType of the vim25 schema; empty when the drive hangs on none that we know
 * @param reasonToSkip why it cannot be protected; empty for a disk that can
 */
public record VirtualDrive(
        int key,
        String position,
        String controllerType,
        long sizeBytes,
        String format,
        String fileName,
        Optional<String> changeId,
        Optional<String> reasonToSkip) {
    private static final Map<String, String> BUSES = Map.of(
            "VirtualIDEController",
            "ide",
            "VirtualAHCIController",
            "sata",
            "VirtualNVMEController",
            "nvme",
            "VirtualSIOController",
            "floppy");
    private static final List<String> SCSI = List.of(
            "ParaVirtualSCSIController",
            "VirtualLsiLogicController",
            "VirtualLsiLogicSASController",
            "VirtualBusLogicController",
            "VirtualSCSIController");

    public VolumeId volume(VmId vm) {
        return new VolumeId(vm + "/" + position);
    }

    /** The drives of a VM's hardware, in bus order. */
    public static List<VirtualDrive> all(XmlNode hardware) {
        List<XmlNode> devices = hardware.children("device");
        return devices.stream()
                .filter(each -> isDrive(each.type()))
                .map(each -> of(each, devices))
                .sorted(java.util.Comparator.comparing(VirtualDrive::order))
                .toList();
    }

    private static boolean isDrive(String type) {
        return type.equals("VirtualDisk") || type.equals("VirtualCdrom") || type.equals("VirtualFloppy");
    }

    private static VirtualDrive of(XmlNode device, List<XmlNode> devices) {
        long controllerKey = device.number("controllerKey").orElse(-1);
        Optional<XmlNode> controller = devices.stream()
                .filter(each -> each.number("key").orElse(-2) == controllerKey)
                .findFirst();
        String controllerType = controller.map(XmlNode::type).orElse("");
        String bus = SCSI.contains(controllerType) ? "scsi" : BUSES.getOrDefault(controllerType, "bus");
        String position = bus
                + controller.map(each -> each.number("busNumber").orElse(0)).orElse(0L)
                + ":"
                + device.number("unitNumber").orElse(0);
        long sizeBytes = device.number("capacityInBytes")
                .orElse(device.number("capacityInKB").orElse(0) * 1024);
        XmlNode backing = device.child("backing").orElse(new XmlNode("backing", "", "", List.of()));
        return new VirtualDrive(
                (int) device.number("key").orElse(0),
                position,
                controllerType,
                sizeBytes,
                backing.type().startsWith("VirtualDiskFlat")
                        ? "VMDK"
                        : backing.type().replace("VirtualDisk", "").replace("BackingInfo", ""),
                backing.value("fileName").orElse(""),
                backing.value("changeId"),
                reasonToSkip(device.type(), backing, controller, sizeBytes));
    }

    private static Optional<String> reasonToSkip(
            String type, XmlNode backing, Optional<XmlNode> controller, long sizeBytes) {
        if (type.equals("VirtualCdrom")) {
            return Optional.of("CD/DVD drive: never protected");
        }
        if (type.equals("VirtualFloppy")) {
            return Optional.of("floppy drive: never protected");
        }
        if (!backing.type().equals("VirtualDiskFlatVer2BackingInfo")) {
            return Optional.of("its storage is not a VMDK file but " + backing.type()
                    + ": raw device mappings and foreign formats are not protected");
        }
        String mode = backing.value("diskMode").orElse("persistent").toLowerCase(Locale.ROOT);
        if (!mode.equals("persistent")) {
            return Optional.of("its mode is " + mode + ": snapshots leave it out");
        }
        if (backing.value("sharing").filter(each -> !each.equals("sharingNone")).isPresent()) {
            return Optional.of("it is shared by several VMs (multi-writer)");
        }
        if (controller
                .flatMap(each -> each.value("sharedBus"))
                .filter(each -> !each.equals("noSharing"))
                .isPresent()) {
            return Optional.of("its controller shares its bus with other VMs");
        }
        if (sizeBytes <= 0 || sizeBytes % 512 != 0) {
            return Optional.of("its size of " + sizeBytes + " bytes makes no sense");
        }
        return Optional.empty();
    }

    /** Positions as text would put unit 10 before unit 2. */
    private String order() {
        String bus = position.replaceAll("\\d.*", "");
        int rank = List.of("nvme", "scsi", "sata", "ide").indexOf(bus);
        String[] numbers = position.substring(bus.length()).split(":");
        return "%02d %06d %06d"
                .formatted(rank < 0 ? 9 : rank, Integer.parseInt(numbers[0]), Integer.parseInt(numbers[1]));
    }
}
