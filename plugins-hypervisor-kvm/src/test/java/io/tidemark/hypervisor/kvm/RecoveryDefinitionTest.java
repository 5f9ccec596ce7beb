package io.tidemark.hypervisor.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.hypervisor.kvm.Acceleration.DomainType;
import io.tidemark.hypervisor.kvm.DomainXml.OwnerTag;
import io.tidemark.hypervisor.kvm.DomainXml.OwnerTag.Role;
import io.tidemark.spi.block.BlockAddress.UnixSocket;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.recovery.RecoveryVmSpec;
import io.tidemark.spi.recovery.RecoveryVmSpec.Purpose;
import io.tidemark.spi.recovery.RecoveryVmSpec.RecoveryDisk;
import io.tidemark.spi.site.VmDescription.NicDescription;
import io.tidemark.spi.site.VmHardware;
import io.tidemark.spi.site.VmHardware.NativeDefinition;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** A recovered VM's document keeps what makes the VM, and drops what ties it to its origin. */
final class RecoveryDefinitionTest {
    private static final UUID ID = UUID.fromString("11111111-2222-3333-4444-555555555555");
    private static final OwnerTag TAG = new OwnerTag(OperationId.random(), Role.RECOVERED);
    private static final NicDescription NIC = new NicDescription("52:54:00:00:00:01", "production", "e1000");

    private static final String ORIGIN = """
            <domain type='kvm' id='7'><name>shop</name><uuid>99999999-2222-3333-4444-555555555555</uuid>
              <metadata><other:note xmlns:other='urn:other'>kept</other:note></metadata>
              <memory unit='KiB'>2097152</memory><vcpu>4</vcpu>
              <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type><loader readonly='yes' type='pflash'>/ovmf.fd</loader>
                <nvram>/var/lib/libvirt/qemu/nvram/shop_VARS.fd</nvram></os>
              <cpu mode='host-passthrough'/>
              <devices>
                <disk type='block' device='disk'><driver name='qemu' type='raw' io='native'/><source dev='/dev/vg/shop'/>
                  <target dev='vda' bus='virtio'/><boot order='2'/><serial>S1</serial></disk>
                <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/images/scratch.qcow2'/>
                  <target dev='vdb' bus='virtio'/></disk>
                <disk type='file' device='cdrom'><source file='/iso/install.iso'/><target dev='sda' bus='sata'/><readonly/></disk>
                <interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='br0'/><model type='e1000'/></interface>
                <serial type='unix'><source mode='bind' path='/tmp/shop.sock'/></serial>
                <channel type='unix'><source mode='bind' path='/tmp/agent.sock'/>
                  <target type='virtio' name='org.qemu.guest_agent.0'/></channel>
                <graphics type='vnc' port='5901' autoport='no' listen='0.0.0.0'><listen type='address' address='0.0.0.0'/></graphics>
                <hostdev mode='subsystem' type='pci'/>
              </devices></domain>
            """;

    @Test
    void identityMemoryAndTagAreTheRecoveredOnes() throws Exception {
        DomainXml xml = recovered(Purpose.TEST, DomainType.KVM, ORIGIN);
        assertEquals("shop-test", xml.name());
        assertEquals(ID.toString(), xml.id().value());
        assertEquals(3, xml.processors());
        assertEquals(1L << 30, xml.memoryBytes());
        assertEquals(Optional.of(TAG), xml.ownerTag());
        assertEquals("kvm", xml.root().getAttribute("type"));
        assertEquals("", xml.root().getAttribute("id"));
        assertTrue(text(xml).contains("kept"), "metadata of others");
    }

    @Test
    void disksOfTheCheckpointAreOverlaysAndOthersAreGone() throws Exception {
        DomainXml xml = recovered(Purpose.TEST, DomainType.KVM, ORIGIN);
        assertEquals(
                List.of("vda", "sda"),
                xml.disks().stream().map(DomainXml.Disk::device).toList());
        DomainXml.Disk disk = xml.disks().getFirst();
        assertEquals(Optional.of("/store/vda.overlay"), disk.file());
        assertEquals("qcow2", disk.format());
        assertTrue(Xml.child(disk.element(), "boot").isPresent()
                && Xml.text(disk.element(), "serial").equals("S1"));
        assertEquals(
                "/run/view.sock",
                Xml.child(disk.element(), "backingStore", "source", "host")
                        .orElseThrow()
                        .getAttribute("socket"));
        assertFalse(text(xml).contains("install.iso"), "a CD of the origin's host");
    }

    @Test
    void aTestVmReachesNoNetworkAndALiveOneTheSameIfItIsThere() throws Exception {
        assertEquals(
                "unplugged",
                nic(recovered(Purpose.TEST, DomainType.KVM, ORIGIN)).network());
        assertEquals(NIC, nic(recovered(Purpose.LIVE, DomainType.KVM, ORIGIN)));
    }

    @Test
    void whatIsTiedToTheOriginsHostIsGone() throws Exception {
        String text = text(recovered(Purpose.LIVE, DomainType.TCG, ORIGIN));
        for (String gone : List.of(
                "shop_VARS", "hostdev", "shop.sock", "agent.sock", "0.0.0.0", "5901", "host-passthrough", "/dev/vg")) {
            assertFalse(text.contains(gone), () -> gone + " is still in " + text);
        }
        assertTrue(text.contains("org.qemu.guest_agent.0") && text.contains("ovmf.fd"), text);
    }

    @Test
    void aVmOfAnotherHypervisorGetsADefaultDefinition() throws Exception {
        RecoveryVmSpec spec = spec(Purpose.TEST, new NativeDefinition("vmx", "anything"));
        DomainXml xml = DomainXml.parse(definition(spec, DomainType.TCG).write());
        assertEquals("qemu", xml.root().getAttribute("type"));
        assertEquals(
                List.of("vda"), xml.disks().stream().map(DomainXml.Disk::device).toList());
        assertEquals(1, xml.nics().size());
    }

    @Test
    void aDocumentThatIsNoDomainIsRefused() {
        assertThrows(ProviderException.class, () -> recovered(Purpose.TEST, DomainType.KVM, "<network/>"));
    }

    private static DomainXml recovered(Purpose purpose, DomainType type, String origin) throws ProviderException {
        RecoveryVmSpec spec = spec(purpose, new NativeDefinition(KvmInventory.NATIVE_FORMAT, origin));
        return DomainXml.parse(definition(spec, type).write());
    }

    private static RecoveryDefinition definition(RecoveryVmSpec spec, DomainType type) {
        return new RecoveryDefinition(
                spec, ID, TAG, type, Set.of("production"), Map.of("vda", Path.of("/store/vda.overlay")));
    }

    private static RecoveryVmSpec spec(Purpose purpose, NativeDefinition origin) {
        return new RecoveryVmSpec(
                "shop-test",
                purpose,
                new VmHardware(1L << 30, 3, Optional.of(origin)),
                List.of(new RecoveryDisk("vda", 1L << 20, new UnixSocket(Path.of("/run/view.sock"), "v"))),
                List.of(NIC));
    }

    private static NicDescription nic(DomainXml xml) {
        return xml.nics().getFirst();
    }

    private static String text(DomainXml xml) {
        return Xml.write(xml.root().getOwnerDocument());
    }
}
