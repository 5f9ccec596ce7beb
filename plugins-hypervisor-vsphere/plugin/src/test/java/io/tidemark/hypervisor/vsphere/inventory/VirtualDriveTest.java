package io.tidemark.hypervisor.vsphere.inventory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.hypervisor.vsphere.vim.XmlNode;
import java.util.List;
import org.junit.jupiter.api.Test;

final class VirtualDriveTest {
    private static final String FLAT = "VirtualDiskFlatVer2BackingInfo";

    private static String controller(String type, int key, int bus, String more) {
        return "<device xsi:type=\"%s\"><key>%d</key><busNumber>%d</busNumber>%s</device>"
                .formatted(type, key, bus, more);
    }

    private static String disk(int key, int controller, int unit, String backing, String more) {
        return """
                <device xsi:type="VirtualDisk"><key>%d</key><backing xsi:type="%s"><fileName>[s] a/%d.vmdk</fileName>%s</backing>
                <controllerKey>%d</controllerKey><unitNumber>%d</unitNumber><capacityInKB>1024</capacityInKB></device>""".formatted(key, backing, key, more, controller, unit);
    }

    private static List<VirtualDrive> drives(String... devices) throws Exception {
        return VirtualDrive.all(XmlNode.parse("<hardware xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">"
                + String.join("", devices) + "</hardware>"));
    }

    @Test
    void positionsFollowBusAndUnitAndNotKeysOrText() throws Exception {
        List<VirtualDrive> drives = drives(
                disk(2000, 1000, 10, FLAT, ""),
                disk(2001, 1000, 2, FLAT, ""),
                disk(9, 1001, 0, FLAT, ""),
                disk(2100, 15000, 0, FLAT, ""),
                disk(3000, 200, 1, FLAT, ""),
                controller("VirtualIDEController", 200, 0, ""),
                controller("ParaVirtualSCSIController", 1000, 0, "<sharedBus>noSharing</sharedBus>"),
                controller("VirtualLsiLogicSASController", 1001, 1, ""),
                controller("VirtualAHCIController", 15000, 0, ""));
        assertEquals(
                List.of("scsi0:2", "scsi0:10", "scsi1:0", "sata0:0", "ide0:1"),
                drives.stream().map(VirtualDrive::position).toList());
        assertTrue(drives.stream().allMatch(each -> each.reasonToSkip().isEmpty()));
        assertTrue(drives.stream().allMatch(each -> each.sizeBytes() == 1 << 20));
    }

    @Test
    void whatCannotBeProtectedSaysWhy() throws Exception {
        String scsi = controller("ParaVirtualSCSIController", 1000, 0, "<sharedBus>noSharing</sharedBus>");
        String shared = controller("ParaVirtualSCSIController", 1001, 1, "<sharedBus>physicalSharing</sharedBus>");
        assertReason("raw device", scsi, disk(1, 1000, 0, "VirtualDiskRawDiskMappingVer1BackingInfo", ""));
        assertReason(
                "independent_persistent", scsi, disk(1, 1000, 0, FLAT, "<diskMode>independent_persistent</diskMode>"));
        assertReason("multi-writer", scsi, disk(1, 1000, 0, FLAT, "<sharing>sharingMultiWriter</sharing>"));
        assertReason("shares its bus", shared, disk(1, 1001, 0, FLAT, ""));
        assertReason("CD/DVD", "<device xsi:type=\"VirtualCdrom\"><key>1</key></device>");
        assertReason("floppy", "<device xsi:type=\"VirtualFloppy\"><key>1</key></device>");
    }

    private static void assertReason(String part, String... devices) throws Exception {
        List<VirtualDrive> drives = drives(devices);
        assertEquals(1, drives.size());
        String reason = drives.getFirst().reasonToSkip().orElse("none");
        assertTrue(reason.contains(part), reason);
    }
}
