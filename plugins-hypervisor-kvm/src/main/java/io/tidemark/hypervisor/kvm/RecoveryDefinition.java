package io.tidemark.hypervisor.kvm;

import io.tidemark.hypervisor.kvm.Acceleration.DomainType;
import io.tidemark.hypervisor.kvm.DomainXml.OwnerTag;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.recovery.RecoveryVmSpec;
import io.tidemark.spi.recovery.RecoveryVmSpec.Purpose;
import io.tidemark.spi.recovery.RecoveryVmSpec.RecoveryDisk;
import io.tidemark.spi.site.VmDescription.NicDescription;
import io.tidemark.spi.site.VmHardware.NativeDefinition;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/**
 * Writes the domain document of a recovered VM: that of its origin with another identity, its disks on overlays, its network as the
 * purpose allows, and without what ties a domain to one host or to the running original.
 */
final class RecoveryDefinition {
    /**
     * How long QEMU waits for the server of a view to come back before it pauses the guest: a day. libvirt 9.0 drops the setting; there the
     * guest is paused at once, and {@link StalledGuests} lets it go on.
     */
    static final long RECONNECT_SECONDS = 86_400;

    private static final String DEFAULT = """
            <domain><os><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/><apic/></features>
              <on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot><on_crash>destroy</on_crash>
              <devices><serial type='pty'/></devices></domain>
            """;

    private final RecoveryVmSpec spec;
    private final UUID uuid;
    private final OwnerTag tag;
    private final DomainType type;
    private final Set<String> networks;
    private final Map<String, Path> overlays;

    /**
     * @param networks libvirt networks that are active here
     * @param overlays by device of the disk
     */
    RecoveryDefinition(
            RecoveryVmSpec spec,
            UUID uuid,
            OwnerTag tag,
            DomainType type,
            Set<String> networks,
            Map<String, Path> overlays) {
        this.spec = spec;
        this.uuid = uuid;
        this.tag = tag;
        this.type = type;
        this.networks = Set.copyOf(networks);
        this.overlays = Map.copyOf(overlays);
    }

    String write() throws ProviderException {
        Document document = Xml.parse(spec.hardware()
                .nativeDefinition()
                .filter(each -> each.format().equals(KvmInventory.NATIVE_FORMAT))
                .map(NativeDefinition::document)
                .orElse(DEFAULT));
        Element root = document.getDocumentElement();
        if (!"domain".equals(root.getLocalName())) {
            throw KvmFailures.rejected(
                    "VM " + spec.name() + " was not made",
                    "its native definition is a <" + root.getLocalName() + "> and no libvirt domain",
                    "Capture the VM's definition anew by protecting it again.");
        }
        writeIdentity(root);
        Element devices = Xml.childOrNew(root, "devices");
        unbindFromHost(root, devices);
        writeDisks(devices);
        writeNics(devices);
        return Xml.write(document);
    }

    private void writeIdentity(Element root) {
        root.removeAttribute("id");
        root.setAttribute("type", type.libvirtName());
        Xml.removeChildren(root, "name", "uuid", "genid", "seclabel", "resource", "iothreadids");
        set(root, "name", spec.name());
        set(root, "uuid", uuid.toString());
        Xml.removeChildren(root, "memory", "currentMemory", "maxMemory", "vcpu");
        Element memory = Xml.add(root, "memory");
        memory.setAttribute("unit", "b");
        memory.setTextContent(Long.toString(spec.hardware().memoryBytes()));
        set(root, "vcpu", Integer.toString(spec.hardware().processors()));
        tag.write(root);
        Xml.child(root, "cpu").filter(cpu -> type == DomainType.TCG).ifPresent(cpu -> {
            // Features of the host's processor are not there in software emulation.
            if (cpu.getAttribute("mode").startsWith("host-")) {
                Xml.remove(cpu);
                Xml.add(root, "cpu").setAttribute("mode", "maximum");
            }
        });
    }

    /** Drops or makes general what names a thing of the origin's host, or would be taken twice beside a running original. */
    private static void unbindFromHost(Element root, Element devices) {
        Xml.children(devices, "emulator").stream()
                .filter(emulator ->
                        !Files.isExecutable(Path.of(emulator.getTextContent().strip())))
                .forEach(Xml::remove);
        Xml.removeChildren(devices, "hostdev", "filesystem", "redirdev", "shmem");
        Xml.children(root, "os").forEach(os -> Xml.removeChildren(os, "nvram"));
        for (String kind : List.of("serial", "console", "parallel")) {
            for (Element port : Xml.children(devices, kind)) {
                port.setAttribute("type", "pty");
                Xml.removeChildren(port, "source", "log", "protocol");
                port.removeAttribute("tty");
            }
        }
        for (Element channel : Xml.children(devices, "channel")) {
            if ("unix".equals(channel.getAttribute("type"))) {
                // Without a path libvirt makes one for each start.
                Xml.removeChildren(channel, "source", "log");
            } else if ("pty".equals(channel.getAttribute("type"))) {
                Xml.removeChildren(channel, "source", "log");
            } else if (!"spicevmc".equals(channel.getAttribute("type"))) {
                Xml.remove(channel);
            }
        }
        for (Element graphics : Xml.children(devices, "graphics")) {
            for (String attribute : List.of("port", "tlsPort", "websocket", "socket")) {
                graphics.removeAttribute(attribute);
            }
            graphics.setAttribute("autoport", "yes");
            graphics.setAttribute("listen", "127.0.0.1");
            Xml.removeChildren(graphics, "listen");
        }
        for (Element vsock : Xml.children(devices, "vsock")) {
            Xml.removeChildren(vsock, "cid");
            Xml.add(vsock, "cid").setAttribute("auto", "yes");
        }
    }

    private void writeDisks(Element devices) throws ProviderException {
        Map<String, Element> known = new HashMap<>();
        for (Element element : Xml.children(devices, "disk")) {
            DomainXml.Disk disk = new DomainXml.Disk(element);
            String kind = Xml.attribute(element, "device").orElse("disk");
            if (kind.equals("cdrom") || kind.equals("floppy")) {
                Xml.removeChildren(element, "source", "backingStore", "mirror");
                element.setAttribute("type", "file");
            } else if (overlays.containsKey(disk.device())) {
                known.put(disk.device(), element);
            } else {
                // Not part of the checkpoint: its contents are not here.
                Xml.remove(element);
            }
        }
        Set<String> seen = new HashSet<>();
        for (RecoveryDisk disk : spec.disks()) {
            if (!seen.add(disk.device())) {
                throw KvmFailures.rejected(
                        "VM " + spec.name() + " was not made",
                        "two of its disks are at " + disk.device(),
                        "Give each disk a position of its own.");
            }
            Element element = known.get(disk.device());
            writeDisk(element != null ? element : newDisk(devices, disk), disk);
        }
    }

    private static Element newDisk(Element devices, RecoveryDisk disk) {
        Element element = Xml.add(devices, "disk");
        element.setAttribute("device", "disk");
        Element target = Xml.add(element, "target");
        target.setAttribute("dev", disk.device());
        target.setAttribute("bus", disk.device().startsWith("vd") ? "virtio" : "sata");
        return element;
    }

    private void writeDisk(Element element, RecoveryDisk disk) {
        element.setAttribute("type", "file");
        // The rest of the driver's settings (io, iothread, queues) may name what only the origin's storage could do.
        Xml.removeChildren(
                element, "driver", "source", "backingStore", "mirror", "auth", "encryption", "iotune", "reservations");
        Element driver = Xml.add(element, "driver");
        driver.setAttribute("name", "qemu");
        driver.setAttribute("type", "qcow2");
        driver.setAttribute("discard", "unmap");
        // A view that is not served pauses the guest, which then goes on where it was; it never sees an error.
        driver.setAttribute("error_policy", "stop");
        driver.setAttribute("rerror_policy", "stop");
        Xml.add(element, "source").setAttribute("file", overlay(disk).toString());
        // Named here in full, so that libvirt neither probes the image nor trusts what is written in its header.
        Element backing = Xml.add(element, "backingStore");
        backing.setAttribute("type", "network");
        Xml.add(backing, "format").setAttribute("type", "raw");
        Element source = Xml.add(backing, "source");
        source.setAttribute("protocol", "nbd");
        source.setAttribute("name", disk.source().exportName());
        Element server = Xml.add(source, "host");
        server.setAttribute("transport", "unix");
        server.setAttribute("socket", disk.source().socket().toString());
        Xml.add(source, "reconnect").setAttribute("delay", Long.toString(RECONNECT_SECONDS));
        Xml.add(backing, "backingStore");
    }

    private Path overlay(RecoveryDisk disk) {
        return Optional.ofNullable(overlays.get(disk.device())).orElseThrow();
    }

    private void writeNics(Element devices) {
        Map<String, Element> known = new HashMap<>();
        for (Element element : Xml.children(devices, "interface")) {
            Xml.child(element, "mac").ifPresent(mac -> known.put(mac.getAttribute("address"), element));
            Xml.remove(element);
        }
        for (NicDescription nic : spec.nics()) {
            Element element = Optional.ofNullable(known.get(nic.mac())).orElseGet(() -> {
                Element fresh = devices.getOwnerDocument().createElement("interface");
                if (!nic.mac().isBlank()) {
                    Xml.add(fresh, "mac").setAttribute("address", nic.mac());
                }
                Xml.add(fresh, "model").setAttribute("type", nic.model().isBlank() ? "virtio" : nic.model());
                return fresh;
            });
            devices.appendChild(element);
            Xml.removeChildren(
                    element, "source", "link", "target", "backend", "virtualport", "bandwidth", "filterref", "script");
            if (spec.purpose() == Purpose.LIVE && networks.contains(nic.network())) {
                element.setAttribute("type", "network");
                Xml.add(element, "source").setAttribute("network", nic.network());
            } else {
                // Its own closed network inside QEMU, and unplugged: nothing of it reaches anybody.
                element.setAttribute("type", "user");
                Xml.add(element, "link").setAttribute("state", "down");
            }
        }
    }

    private static void set(Element root, String name, String text) {
        Xml.add(root, name).setTextContent(text);
    }
}
