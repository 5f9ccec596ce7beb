package io.tidemark.hypervisor.kvm;

import io.tidemark.hypervisor.kvm.DomainXml.Disk;
import io.tidemark.hypervisor.kvm.DomainXml.Mirror;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleConsumer;
import org.libvirt.Domain.BlockJobAbortFlags;
import org.libvirt.DomainBlockJobInfo;
import org.w3c.dom.Document;

/**
 * Moves the disks of one running recovered VM from its checkpoint to files of its own, disk after disk: block copy, then pivot.
 *
 * <p>State of each disk, read from libvirt each time and kept nowhere else, so that a second call goes on where the first one was:
 * on its overlay → copying to its file → ready → on its file.
 */
final class Promotion {
    private static final Duration POLL = Duration.ofMillis(100);

    private final VmId vm;
    private final OperationId operation;
    private final Libvirt libvirt;
    private final RecoveryFolders folders;
    private final DoubleConsumer progress;

    Promotion(VmId vm, OperationId operation, Libvirt libvirt, RecoveryFolders folders, DoubleConsumer progress) {
        this.vm = vm;
        this.operation = operation;
        this.libvirt = libvirt;
        this.folders = folders;
        this.progress = progress;
    }

    /** Returns once all disks are on files of their own. */
    void run(Deadline deadline) throws ProviderException {
        folders.preparePromotion();
        List<Disk> disks = own(liveXml(deadline));
        for (int i = 0; i < disks.size(); i++) {
            double before = (double) i / disks.size();
            double share = 1.0 / disks.size();
            String device = disks.get(i).device();
            progress.accept(before);
            promote(device, fraction -> progress.accept(before + share * fraction), deadline);
        }
        progress.accept(1.0);
    }

    private static List<Disk> own(DomainXml xml) {
        return xml.disks().stream()
                .filter(disk -> disk.reasonToSkip().isEmpty())
                .toList();
    }

    private void promote(String device, DoubleConsumer fraction, Deadline deadline) throws ProviderException {
        Path target = folders.promoted(vm, device);
        while (true) {
            Disk disk = disk(device, deadline);
            Optional<Mirror> mirror = disk.mirror();
            if (mirror.isEmpty()) {
                if (disk.file().filter(target.toString()::equals).isPresent()) {
                    return;
                }
                startCopy(device, target, deadline);
            } else if (mirror.get().file().filter(target.toString()::equals).isEmpty()) {
                throw new ProviderException(
                        FailureKind.CONFLICT,
                        "VM " + vm + " was not promoted",
                        "another block job runs on its disk " + device,
                        "Wait for its end, or end it: virsh blockjob " + vm + " " + device + " --abort");
            } else if (mirror.get().ready()) {
                pivot(device, deadline);
            } else {
                fraction.accept(fractionDone(device, deadline));
            }
            if (deadline.passed()) {
                throw new ProviderException(
                        FailureKind.RETRY_LATER,
                        "VM " + vm + " is not promoted yet",
                        "copying disk " + device + " takes longer; it goes on by itself",
                        "Call again: it goes on from here.");
            }
            Waiting.pause(POLL);
        }
    }

    private void startCopy(String device, Path target, Deadline deadline) throws ProviderException {
        // What an attempt that failed left there.
        folders.remove(target);
        Document xml =
                Xml.parse("<disk type='file'><driver name='qemu' type='qcow2' discard='unmap'/><source/></disk>");
        Xml.child(xml.getDocumentElement(), "source").orElseThrow().setAttribute("file", target.toString());
        libvirt.<Boolean>domain("Copying disk " + device + " of VM " + vm, vm, deadline, domain -> {
            // Writes go to both sides, so that a busy guest cannot outrun the copy for ever.
            BlockCopy.start(domain, device, Xml.write(xml));
            return true;
        });
    }

    private void pivot(String device, Deadline deadline) throws ProviderException {
        libvirt.<Boolean>domain("Moving disk " + device + " of VM " + vm, vm, deadline, domain -> {
            domain.blockJobAbort(device, BlockJobAbortFlags.PIVOT);
            return true;
        });
    }

    private double fractionDone(String device, Deadline deadline) throws ProviderException {
        return libvirt.domain("Asking for the progress of VM " + vm, vm, deadline, domain -> {
            DomainBlockJobInfo info = domain.getBlockJobInfo(device, 0);
            return info == null || info.end <= 0 ? 0.0 : Math.clamp((double) info.cur / info.end, 0.0, 1.0);
        });
    }

    private Disk disk(String device, Deadline deadline) throws ProviderException {
        return liveXml(deadline)
                .disk(device)
                .orElseThrow(() -> new ProviderException(
                        FailureKind.CONFLICT,
                        "VM " + vm + " was not promoted",
                        "its disk " + device + " was unplugged meanwhile",
                        "Discard operation " + operation + ", or plug the disk in again."));
    }

    private DomainXml liveXml(Deadline deadline) throws ProviderException {
        return libvirt.domain("Looking at VM " + vm, vm, deadline, domain -> {
            if (domain.isActive() == 0) {
                throw new ProviderException(
                        FailureKind.RETRY_LATER,
                        "VM " + vm + " was not promoted",
                        "it is off, and its disks are copied while it runs",
                        "Start it and promote it again.");
            }
            return DomainXml.parse(domain.getXMLDesc(0));
        });
    }
}
