package io.tidemark.hypervisor.vsphere.recovery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.tidemark.hypervisor.vsphere.inventory.VsphereVm;
import io.tidemark.hypervisor.vsphere.recovery.VmSpec.Slot;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.site.VmHardware;
import io.tidemark.spi.site.VmHardware.NativeDefinition;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class NativeConfigTest {
    private static VmHardware hardware(String format, String document) {
        return new VmHardware(1L << 30, 2, Optional.of(new NativeDefinition(format, document)));
    }

    @Test
    void whatWasCapturedComesBack() throws Exception {
        NativeConfig config = NativeConfig.of(hardware(
                VsphereVm.NATIVE_FORMAT,
                "<config><guestId>rhel9_64Guest</guestId><firmware>efi</firmware><version>vmx-19</version>"
                        + "<numCoresPerSocket>2</numCoresPerSocket>"
                        + "<disk><position>scsi0:3</position><controllerType>VirtualLsiLogicSASController</controllerType></disk>"
                        + "<extraConfig><key>guestinfo.userdata</key><value>a=b</value></extraConfig></config>"));
        assertEquals("rhel9_64Guest", config.guestId());
        assertEquals(Optional.of("efi"), config.firmware());
        assertEquals(Optional.of("vmx-19"), config.version());
        assertEquals(Optional.of(2L), config.coresPerSocket());
        assertEquals(Map.of("guestinfo.userdata", "a=b"), config.guestSettings());
        assertEquals(
                List.of(
                        new Slot("VirtualLsiLogicSASController", 0, 3),
                        new Slot("VirtualNVMEController", 1, 0),
                        new Slot("VirtualIDEController", 0, 1)),
                config.slots(List.of("scsi0:3", "nvme1:0", "ide0:1")));
    }

    @Test
    void foreignDisksGetFreePlacesAndNeverTheControllersOwn() throws Exception {
        NativeConfig config = NativeConfig.of(hardware("libvirt-domain-xml", "<domain/>"));
        assertEquals("otherGuest64", config.guestId());
        List<Slot> slots = config.slots(
                IntStream.range(0, 17).mapToObj(i -> "vd" + (char) ('a' + i)).toList());
        assertEquals(17, slots.stream().distinct().count());
        assertEquals(new Slot("ParaVirtualSCSIController", 0, 8), slots.get(7));
        assertEquals(new Slot("ParaVirtualSCSIController", 0, 15), slots.get(14));
        assertEquals(new Slot("ParaVirtualSCSIController", 1, 0), slots.get(15));
    }

    @Test
    void aDamagedDefinitionIsCorruption() {
        ProviderException refusal = assertThrows(
                ProviderException.class, () -> NativeConfig.of(hardware(VsphereVm.NATIVE_FORMAT, "<config><guestId>")));
        assertEquals(FailureKind.CORRUPT, refusal.kind());
    }
}
