package io.tidemark.hypervisor.kvm;

import io.tidemark.hypervisor.kvm.DomainXml.OwnerTag;
import io.tidemark.hypervisor.kvm.DomainXml.OwnerTag.Role;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.sample.SampleVmSpec;
import io.tidemark.spi.sample.SampleVms;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/**
 * Makes sample VMs out of the host's own kernel and busybox: nothing is downloaded. Each is a persistent domain with raw disks, and a
 * virtio channel as its console, whose socket libvirt places anew at each start; so a recovered copy has one of its own. A console has one
 * client at a time: connecting again closes the one before.
 */
final class KvmSampleVms implements SampleVms {
    private static final Logger LOG = LoggerFactory.getLogger(KvmSampleVms.class);
    private static final Duration RETRY = Duration.ofMillis(200);
    private static final String DEVICES = "abcdefghijklmnopqrstuvwxyz";

    private final KvmSiteConfig config;
    private final Libvirt libvirt;
    private final QemuAccess access;
    private final Acceleration acceleration;
    private final Domains domains;
    private final Map<VmId, GuestConsole> consoles = new ConcurrentHashMap<>();

    KvmSampleVms(KvmSiteConfig config, Libvirt libvirt, QemuAccess access, Acceleration acceleration, Domains domains) {
        this.config = config;
        this.libvirt = libvirt;
        this.access = access;
        this.acceleration = acceleration;
        this.domains = domains;
    }

    @Override
    public SampleVm create(SampleVmSpec spec, OperationId operation, Deadline deadline) throws ProviderException {
        check(spec);
        domains.requireFree(spec.name(), deadline);
        GuestImage image = GuestImage.build(config.storageDirectory().resolve("sample-guests"), access);
        UUID uuid = UUID.randomUUID();
        VmId vm = new VmId(uuid.toString());
        Path folder = folder(operation).resolve(uuid.toString());
        boolean complete = false;
        try {
            List<Path> disks = makeDisks(spec, folder, deadline);
            String xml = definition(spec, uuid, operation, image, disks);
            libvirt.<Boolean>call("Making sample VM " + spec.name(), deadline, connect -> {
                var domain = connect.domainDefineXML(xml);
                try {
                    domain.create();
                } finally {
                    domain.free();
                }
                return true;
            });
            SampleVm console = connect(vm, deadline);
            complete = true;
            return console;
        } finally {
            if (!complete) {
                removeHalfMade(vm, folder);
            }
        }
    }

    @Override
    public SampleVm connect(VmId vm, Deadline deadline) throws ProviderException {
        while (true) {
            Path socket = socket(vm, deadline);
            // QEMU serves one client of a console at a time: the newest takes over.
            closeConsole(consoles.remove(vm));
            try {
                GuestConsole console = GuestConsole.open(vm, socket);
                boolean answers = false;
                try {
                    console.awaitProgram(deadline);
                    answers = true;
                    closeConsole(consoles.put(vm, console));
                    return console;
                } finally {
                    if (!answers) {
                        console.close();
                    }
                }
            } catch (ProviderException e) {
                // UNREACHABLE: the VM was restarted meanwhile, and has a new socket.
                if (e.kind() != FailureKind.UNREACHABLE || deadline.passed()) {
                    throw e;
                }
            } catch (IOException e) {
                if (deadline.passed()) {
                    throw new ProviderException(
                            FailureKind.UNREACHABLE,
                            "The console of VM " + vm + " could not be opened",
                            KvmFailures.firstLine(e.toString()),
                            "See whether the VM runs and whether this process may open " + socket + ".",
                            e);
                }
            }
            Waiting.pause(RETRY);
        }
    }

    /** Closes all consoles; the VMs run on. */
    void close() {
        consoles.values().forEach(GuestConsole::close);
        consoles.clear();
    }

    private static void closeConsole(@Nullable GuestConsole console) {
        if (console != null) {
            console.close();
        }
    }

    @Override
    public void removeAll(OperationId operation, Deadline deadline) throws ProviderException {
        for (VmId vm : domains.tagged(new OwnerTag(operation, Role.SAMPLE), deadline)) {
            domains.remove(vm, deadline);
        }
        try {
            Folders.remove(folder(operation));
        } catch (IOException e) {
            throw Programs.failed("Removing the disks of the sample VMs in " + folder(operation), e.toString());
        }
    }

    private Path folder(OperationId operation) {
        return config.storageDirectory().resolve("samples").resolve(operation.toString());
    }

    private static void check(SampleVmSpec spec) throws ProviderException {
        String happened = "Sample VM " + spec.name() + " was not made";
        if (spec.diskSizesBytes().isEmpty() || spec.diskSizesBytes().size() > DEVICES.length()) {
            throw KvmFailures.rejected(
                    happened,
                    spec.diskSizesBytes().size() + " disks were asked for",
                    "Give it 1 to " + DEVICES.length() + " disks.");
        }
        for (long size : spec.diskSizesBytes()) {
            if (size < SampleDisk.SMALLEST_BYTES || size % SampleDisk.GRAIN_BYTES != 0) {
                throw KvmFailures.rejected(
                        happened,
                        "a disk of " + size + " bytes was asked for",
                        "Give each disk at least 8 MiB, and a multiple of 1 MiB.");
            }
        }
    }

    private List<Path> makeDisks(SampleVmSpec spec, Path folder, Deadline deadline) throws ProviderException {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw Programs.failed("Making the folder " + folder, e.toString());
        }
        List<Path> disks = new ArrayList<>();
        for (int i = 0; i < spec.diskSizesBytes().size(); i++) {
            Path disk = folder.resolve("vd" + DEVICES.charAt(i) + ".img");
            SampleDisk.make(disk, spec.diskSizesBytes().get(i), deadline);
            access.grant(disk, "rw-------");
            access.requireReachable(disk);
            disks.add(disk);
        }
        return disks;
    }

    private String definition(SampleVmSpec spec, UUID uuid, OperationId operation, GuestImage image, List<Path> disks) {
        Document document = Xml.parse("""
                <domain><name/><uuid/><memory unit='MiB'>160</memory><vcpu>1</vcpu>
                  <os><type arch='x86_64' machine='q35'>hvm</type><kernel/><initrd/>
                    <cmdline>console=ttyS0 quiet loglevel=3 mitigations=off panic=5</cmdline></os>
                  <features><acpi/></features>
                  <on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot><on_crash>destroy</on_crash>
                  <devices>
                    <controller type='usb' model='none'/>
                    <serial type='pty'><target port='0'/></serial>
                    <channel type='unix'><target type='virtio' name='%s'/></channel>
                    <memballoon model='none'/>
                  </devices>
                </domain>
                """.formatted(DomainXml.LEDGER_CHANNEL));
        Element root = document.getDocumentElement();
        root.setAttribute("type", acceleration.domainType().libvirtName());
        Xml.child(root, "name").orElseThrow().setTextContent(spec.name());
        Xml.child(root, "uuid").orElseThrow().setTextContent(uuid.toString());
        Xml.child(root, "os", "kernel")
                .orElseThrow()
                .setTextContent(image.kernel().toString());
        Xml.child(root, "os", "initrd")
                .orElseThrow()
                .setTextContent(image.initialFileSystem().toString());
        new OwnerTag(operation, Role.SAMPLE).write(root);
        Element devices = Xml.child(root, "devices").orElseThrow();
        for (int i = 0; i < disks.size(); i++) {
            Element disk = Xml.add(devices, "disk");
            disk.setAttribute("type", "file");
            disk.setAttribute("device", "disk");
            Element driver = Xml.add(disk, "driver");
            driver.setAttribute("name", "qemu");
            driver.setAttribute("type", "raw");
            driver.setAttribute("discard", "unmap");
            Xml.add(disk, "source").setAttribute("file", disks.get(i).toString());
            Element target = Xml.add(disk, "target");
            target.setAttribute("dev", "vd" + DEVICES.charAt(i));
            target.setAttribute("bus", "virtio");
        }
        return Xml.write(document);
    }

    private Path socket(VmId vm, Deadline deadline) throws ProviderException {
        Optional<String> socket =
                libvirt.<Optional<String>>domain("Looking for the console of VM " + vm, vm, deadline, domain -> {
                    if (domain.isActive() == 0) {
                        throw KvmFailures.rejected("VM " + vm + " has no console", "it is off", "Start it first.");
                    }
                    return DomainXml.parse(domain.getXMLDesc(0)).ledgerSocket();
                });
        return Path.of(socket.orElseThrow(() -> KvmFailures.rejected(
                "VM " + vm + " has no console",
                "it has no channel " + DomainXml.LEDGER_CHANNEL
                        + ", so it is no sample VM and was not recovered from one",
                "Choose a sample VM.")));
    }

    private void removeHalfMade(VmId vm, Path folder) {
        try {
            domains.remove(vm, Deadline.after(Duration.ofSeconds(10)));
            Folders.remove(folder);
        } catch (ProviderException | IOException e) {
            LOG.atWarn()
                    .addKeyValue("vm", vm)
                    .setCause(e)
                    .log("a half-made sample VM was not removed; removing all of its operation will");
        }
    }
}
