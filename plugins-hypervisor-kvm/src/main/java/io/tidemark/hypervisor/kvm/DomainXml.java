package io.tidemark.hypervisor.kvm;

import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.site.VmDescription.NicDescription;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.w3c.dom.Element;

/** One libvirt domain document, read in Tidemark's words. The format is libvirt's "Domain XML format". */
record DomainXml(Element root) {
    /** Name of the console of a sample VM, on a virtio channel. */
    static final String LEDGER_CHANNEL = "io.tidemark.ledger";

    static DomainXml parse(String text) {
        return new DomainXml(Xml.parseElement(text));
    }

    VmId id() {
        return new VmId(Xml.text(root, "uuid"));
    }

    String name() {
        return Xml.text(root, "name");
    }

    long memoryBytes() {
        Element memory = Xml.child(root, "memory").orElseThrow();
        long value = Long.parseLong(memory.getTextContent().strip());
        // libvirt always writes KiB, whatever it was given.
        return "b".equals(memory.getAttribute("unit")) ? value : Math.multiplyExact(value, 1024L);
    }

    int processors() {
        return Integer.parseInt(Xml.text(root, "vcpu"));
    }

    List<Disk> disks() {
        return devices("disk").stream().map(Disk::new).toList();
    }

    Optional<Disk> disk(String device) {
        return disks().stream().filter(disk -> disk.device().equals(device)).findFirst();
    }

    List<NicDescription> nics() {
        return devices("interface").stream().map(DomainXml::nic).toList();
    }

    Optional<OwnerTag> ownerTag() {
        return OwnerTag.read(root);
    }

    /** Socket of the sample program's console; only in the document of a running domain. */
    Optional<String> ledgerSocket() {
        return devices("channel").stream()
                .filter(channel -> Xml.child(channel, "target")
                        .filter(target -> LEDGER_CHANNEL.equals(target.getAttribute("name")))
                        .isPresent())
                .findFirst()
                .flatMap(channel -> Xml.child(channel, "source"))
                .flatMap(source -> Xml.attribute(source, "path"));
    }

    /** Sockets of the NBD views under the overlays of a recovered VM. */
    List<Path> viewSockets() {
        return disks().stream()
                .map(disk -> Xml.child(disk.element(), "backingStore", "source", "host"))
                .flatMap(Optional::stream)
                .map(server -> Xml.attribute(server, "socket"))
                .flatMap(Optional::stream)
                .map(Path::of)
                .toList();
    }

    List<Element> devices(String kind) {
        return Xml.child(root, "devices")
                .map(devices -> Xml.children(devices, kind))
                .orElse(List.of());
    }

    private static NicDescription nic(Element nic) {
        String mac =
                Xml.child(nic, "mac").map(each -> each.getAttribute("address")).orElse("");
        String model =
                Xml.child(nic, "model").map(each -> each.getAttribute("type")).orElse("");
        boolean unplugged = Xml.child(nic, "link")
                .filter(link -> "down".equals(link.getAttribute("state")))
                .isPresent();
        if (unplugged) {
            return new NicDescription(mac, "unplugged", model);
        }
        String network = Xml.child(nic, "source")
                .flatMap(source -> Xml.attribute(source, "network")
                        .or(() -> Xml.attribute(source, "bridge"))
                        .or(() -> Xml.attribute(source, "dev")))
                .orElse(nic.getAttribute("type"));
        return new NicDescription(mac, network, model);
    }

    /** One {@code <disk>}. */
    record Disk(Element element) {
        /** Guest-side position, for example {@code vda}. */
        String device() {
            return Xml.child(element, "target")
                    .map(target -> target.getAttribute("dev"))
                    .orElse("");
        }

        VolumeId volume(VmId vm) {
            return new VolumeId(vm + "/" + device());
        }

        String format() {
            return Xml.child(element, "driver")
                    .flatMap(driver -> Xml.attribute(driver, "type"))
                    .orElse("raw");
        }

        /** Name that libvirt gave to the guest's device; only in the document of a running domain. */
        Optional<String> alias() {
            return Xml.child(element, "alias").flatMap(alias -> Xml.attribute(alias, "name"));
        }

        /** File that holds the disk, where it is one. */
        Optional<String> file() {
            return Xml.child(element, "source").flatMap(source -> Xml.attribute(source, "file"));
        }

        /** Where the disk is stored, for people. */
        String location() {
            Optional<Element> source = Xml.child(element, "source");
            if (source.isEmpty()) {
                return "";
            }
            for (String attribute : List.of("file", "dev", "volume", "name", "dir")) {
                Optional<String> value = Xml.attribute(source.get(), attribute);
                if (value.isPresent()) {
                    return value.get();
                }
            }
            return element.getAttribute("type");
        }

        /** Why the drive cannot be protected; empty when it can. */
        Optional<String> reasonToSkip() {
            String kind = Xml.attribute(element, "device").orElse("disk");
            return switch (kind) {
                case "cdrom" -> Optional.of("CD/DVD drive: never protected");
                case "floppy" -> Optional.of("floppy drive: never protected");
                case "lun" ->
                    Optional.of("SCSI passthrough (device='lun'): its writes go around QEMU's block layer; attach it as"
                            + " device='disk' to protect it");
                default -> reasonOfDisk();
            };
        }

        private Optional<String> reasonOfDisk() {
            String type = element.getAttribute("type");
            if (!List.of("file", "block", "volume", "network").contains(type)) {
                return Optional.of("disk of type '" + type + "': QEMU cannot mirror it");
            }
            if (Xml.child(element, "source").isEmpty()) {
                return Optional.of("empty drive");
            }
            if (Xml.child(element, "readonly").isPresent()) {
                return Optional.of("read-only disk: nothing is ever written to it");
            }
            if (Xml.child(element, "shareable").isPresent()) {
                return Optional.of("shared disk: other VMs may write to it unseen");
            }
            if (Xml.child(element, "transient").isPresent()) {
                return Optional.of("transient disk: its writes are dropped at power-off by design");
            }
            return Optional.empty();
        }

        Optional<Mirror> mirror() {
            return Xml.child(element, "mirror").map(Mirror::new);
        }
    }

    /** The {@code <mirror>} of a disk: its running block copy. */
    record Mirror(Element element) {
        boolean ready() {
            // "abort" and "pivot" mean that it is being ended.
            return "yes".equals(element.getAttribute("ready"));
        }

        String job() {
            return element.getAttribute("job");
        }

        Optional<String> socket() {
            return Xml.child(element, "source", "host").flatMap(host -> Xml.attribute(host, "socket"));
        }

        Optional<String> file() {
            return Xml.child(element, "source").flatMap(source -> Xml.attribute(source, "file"));
        }

        /** QEMU's name of the node that talks to the target; libvirt derives it from the index of the source. */
        Optional<String> storageNode() {
            return Xml.child(element, "source")
                    .flatMap(source -> Xml.attribute(source, "index"))
                    .map(index -> "libvirt-" + index + "-storage");
        }
    }

    /**
     * Says in a domain's metadata that Tidemark made it and for which operation, so that a process that knows nothing else finds it again.
     */
    record OwnerTag(OperationId operation, Role role) {
        private static final String NAMESPACE = "https://tidemark.io/xmlns/kvm/1";

        /** What the domain is to Tidemark. */
        enum Role {
            /** Recovered, disks on overlays; goes with its operation. */
            RECOVERED,
            /** Recovered, disks its own; stays. */
            PROMOTED,
            /** A sample VM. */
            SAMPLE
        }

        static Optional<OwnerTag> read(Element root) {
            return Xml.child(root, "metadata")
                    .flatMap(metadata -> Xml.children(metadata, "owner").stream()
                            .filter(owner -> NAMESPACE.equals(owner.getNamespaceURI()))
                            .findFirst())
                    .map(owner -> new OwnerTag(
                            OperationId.parse(owner.getAttribute("operation")),
                            Role.valueOf(owner.getAttribute("role"))));
        }

        /** Puts the tag into a document, in place of one that is there. */
        void write(Element root) {
            Element metadata = Xml.childOrNew(root, "metadata");
            Xml.children(metadata, "owner").stream()
                    .filter(owner -> NAMESPACE.equals(owner.getNamespaceURI()))
                    .forEach(Xml::remove);
            Element owner = root.getOwnerDocument().createElementNS(NAMESPACE, "tidemark:owner");
            owner.setAttribute("operation", operation.toString());
            owner.setAttribute("role", role.name());
            metadata.appendChild(owner);
        }

        static String namespace() {
            return NAMESPACE;
        }

        /** The element alone, as libvirt's metadata call takes it. */
        String element() {
            return "<owner operation='" + operation + "' role='" + role.name() + "'/>";
        }
    }
}
