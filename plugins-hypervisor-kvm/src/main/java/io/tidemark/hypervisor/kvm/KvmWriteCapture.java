package io.tidemark.hypervisor.kvm;

import io.tidemark.hypervisor.kvm.DomainXml.Disk;
import io.tidemark.hypervisor.kvm.DomainXml.Mirror;
import io.tidemark.spi.block.BlockExport;
import io.tidemark.spi.capture.CaptureSession;
import io.tidemark.spi.capture.CaptureSink;
import io.tidemark.spi.capture.WriteCapture;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.plugin.ProviderContext;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Captures by block copy with synchronous writes: QEMU mirrors each write of the guest to an NBD export of ours before it acknowledges
 * it. libvirt's API names the flags VIR_DOMAIN_BLOCK_COPY_TRANSIENT_JOB and _SYNCHRONOUS_WRITES.
 */
final class KvmWriteCapture implements WriteCapture {
    private static final Logger LOG = LoggerFactory.getLogger(KvmWriteCapture.class);

    private final KvmSiteConfig config;
    private final ProviderContext host;
    private final Libvirt libvirt;
    private final Monitor monitor;
    private final QemuAccess access;
    private final CaptureWatchdog watchdog;
    private final Object attaching = new Object();

    KvmWriteCapture(KvmSiteConfig config, ProviderContext host, Libvirt libvirt, Monitor monitor, QemuAccess access) {
        this.config = config;
        this.host = host;
        this.libvirt = libvirt;
        this.monitor = monitor;
        this.access = access;
        this.watchdog = new CaptureWatchdog(host.threads("capture-watchdog"));
    }

    @Override
    public CaptureSession attach(VmId vm, List<VolumeId> volumes, CaptureSink sink, Deadline deadline)
            throws ProviderException {
        synchronized (attaching) {
            if (watchdog.sessions().stream().anyMatch(session -> session.vm().equals(vm))) {
                throw conflict(vm, "this site captures it already", "Close that session first.");
            }
            List<Disk> disks = disks(vm, volumes, deadline);
            for (Disk disk : disks) {
                removeLeftover(vm, disk, deadline);
            }
            KvmCaptureSession session = start(vm, disks, sink, deadline);
            session.start();
            LOG.atInfo().addKeyValue("vm", vm).addKeyValue("volumes", volumes).log("capture attached");
            return session;
        }
    }

    /** Closes every session and stops the watchdog. */
    void close() {
        watchdog.sessions().forEach(KvmCaptureSession::close);
        watchdog.close();
    }

    private DomainXml liveXml(VmId vm, Deadline deadline) throws ProviderException {
        Optional<DomainXml> xml = libvirt.<Optional<DomainXml>>domain(
                "Looking at VM " + vm,
                vm,
                deadline,
                domain ->
                        domain.isActive() == 0 ? Optional.empty() : Optional.of(DomainXml.parse(domain.getXMLDesc(0))));
        return xml.orElseThrow(() -> KvmFailures.rejected(
                "Capture of VM " + vm + " was not started",
                "the VM is off, and QEMU can mirror only the disks of a running VM",
                "Start the VM; protection goes on from there."));
    }

    private List<Disk> disks(VmId vm, List<VolumeId> volumes, Deadline deadline) throws ProviderException {
        DomainXml xml = liveXml(vm, deadline);
        List<Disk> disks = new ArrayList<>();
        for (VolumeId volume : volumes) {
            Disk disk = xml.disks().stream()
                    .filter(each -> each.volume(vm).equals(volume))
                    .findFirst()
                    .orElseThrow(() -> KvmFailures.rejected(
                            "Capture of VM " + vm + " was not started",
                            "it has no disk " + volume,
                            "List the VM's volumes and choose among them."));
            Optional<String> reason = disk.reasonToSkip();
            if (reason.isPresent()) {
                throw KvmFailures.rejected(
                        "Capture of VM " + vm + " was not started",
                        "disk " + volume + " cannot be protected: " + reason.get(),
                        "Leave this disk out.");
            }
            disks.add(disk);
        }
        return disks;
    }

    /** Ends a block job that an earlier process of this instance left; one of anybody else is a conflict. */
    private void removeLeftover(VmId vm, Disk disk, Deadline deadline) throws ProviderException {
        Optional<Mirror> mirror = disk.mirror();
        if (mirror.isEmpty()) {
            return;
        }
        if (!mirror.get()
                .socket()
                .filter(socket -> socket.contains(exportName(disk)))
                .isPresent()) {
            throw conflict(
                    vm,
                    "a block job of somebody else (" + mirror.get().job() + ") runs on disk " + disk.device(),
                    "Wait for its end, or end it with: virsh blockjob " + vm + " " + disk.device() + " --abort");
        }
        LOG.atInfo()
                .addKeyValue("vm", vm)
                .addKeyValue("disk", disk.device())
                .log("ending a capture that an earlier process left behind");
        Optional<String> node = mirror.get().storageNode();
        if (node.isPresent()) {
            // Nobody serves that socket any more: an orderly end would wait for it.
            monitor.yank(vm, node.get(), deadline);
        }
        while (!deadline.passed()) {
            Optional<Mirror> still = liveXml(vm, deadline).disk(disk.device()).flatMap(Disk::mirror);
            if (still.isEmpty()) {
                return;
            }
            Waiting.pause(Duration.ofMillis(50));
        }
        throw KvmFailures.tooLate("Ending an earlier capture of disk " + disk.device(), deadline.remaining());
    }

    private KvmCaptureSession start(VmId vm, List<Disk> disks, CaptureSink sink, Deadline deadline)
            throws ProviderException {
        Optional<QemuProcess> process = QemuProcess.of(liveXml(vm, deadline).name());
        List<CapturedVolume> started = new ArrayList<>();
        boolean complete = false;
        try {
            for (Disk disk : disks) {
                started.add(startVolume(vm, disk, sink, deadline));
            }
            complete = true;
            return session(vm, process, started);
        } finally {
            if (!complete) {
                session(vm, process, started).abandon();
            }
        }
    }

    private KvmCaptureSession session(VmId vm, Optional<QemuProcess> process, List<CapturedVolume> volumes) {
        return new KvmCaptureSession(vm, process, volumes, libvirt, monitor, watchdog, host.threads("capture"));
    }

    private CapturedVolume startVolume(VmId vm, Disk disk, CaptureSink sink, Deadline deadline)
            throws ProviderException {
        VolumeId volume = disk.volume(vm);
        String what = "Starting the capture of " + volume;
        long sizeBytes = libvirt.domain(
                what, vm, deadline, domain -> domain.blockInfo(disk.device()).getCapacity());
        CaptureDevice device = new CaptureDevice(volume, sizeBytes, sink);
        BlockExport export = export(disk, device);
        boolean started = false;
        try {
            access.grantSocket(export.address().socket());
            String target = target(export);
            libvirt.<Boolean>domain(what, vm, deadline, domain -> {
                BlockCopy.start(domain, disk.device(), target);
                return true;
            });
            Disk live = liveXml(vm, deadline).disk(disk.device()).orElse(disk);
            String node = Optional.of(live)
                    .flatMap(Disk::mirror)
                    .flatMap(Mirror::storageNode)
                    .orElseThrow(() -> new ProviderException(
                            FailureKind.RETRY_LATER,
                            what + " failed",
                            "QEMU's copy job ended as soon as it began",
                            "The VM's log in /var/log/libvirt/qemu says why."));
            started = true;
            return new CapturedVolume(
                    volume, disk.device(), live.alias().orElse("virtio-" + disk.device()), device, export, node);
        } finally {
            if (!started) {
                device.close();
                export.close();
            }
        }
    }

    private BlockExport export(Disk disk, CaptureDevice device) throws ProviderException {
        try {
            return host.blockNetwork().export(exportName(disk), device);
        } catch (IOException e) {
            throw new ProviderException(
                    FailureKind.RETRY_LATER,
                    "The capture server could not be started",
                    KvmFailures.firstLine(e.toString()),
                    "Check the folder of Tidemark's sockets: it must exist, be writable and have a short path.",
                    e);
        }
    }

    /** Part of the socket's name, by which a later process of this instance knows it as its own. */
    private String exportName(Disk disk) {
        return "kvm" + config.instanceTag() + "-" + disk.device();
    }

    private static String target(BlockExport export) {
        var document = Xml.parse("<disk type='network'><driver name='qemu' type='raw'/>"
                + "<source protocol='nbd'><host transport='unix'/></source></disk>");
        var source = Xml.child(document.getDocumentElement(), "source").orElseThrow();
        source.setAttribute("name", export.address().exportName());
        Xml.child(source, "host")
                .orElseThrow()
                .setAttribute("socket", export.address().socket().toString());
        return Xml.write(document);
    }

    private static ProviderException conflict(VmId vm, String why, String remedy) {
        return new ProviderException(FailureKind.CONFLICT, "Capture of VM " + vm + " was not started", why, remedy);
    }
}
