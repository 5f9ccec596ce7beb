package io.tidemark.hypervisor.kvm;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.recovery.RecoveryVmSpec.RecoveryDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * Where recovered VMs keep their disks: {@code recovered/<operation>/<vm>/<device>.overlay} while they live on a checkpoint, and
 * {@code disks/<vm>-<device>.qcow2} once they are promoted. The folder's name alone tells what a discarded operation may remove.
 */
final class RecoveryFolders {
    private final Path storage;
    private final QemuAccess access;

    RecoveryFolders(Path storage, QemuAccess access) {
        this.storage = storage;
        this.access = access;
    }

    Path overlay(OperationId operation, VmId vm, String device) {
        return folder(operation, vm).resolve(device + ".overlay");
    }

    Path promoted(VmId vm, String device) {
        return storage.resolve("disks").resolve(vm + "-" + device + ".qcow2");
    }

    /** Makes the overlay of a disk, empty; in place of one that is there. Its backing is named in the domain's document, not in its header. */
    void makeOverlay(Path overlay, RecoveryDisk disk, Deadline deadline) throws ProviderException {
        String what = "Making the overlay " + overlay;
        try {
            Files.createDirectories(overlay.getParent());
            Files.deleteIfExists(overlay);
        } catch (IOException e) {
            throw Programs.failed(what, e.toString());
        }
        // The header names the backing too, for people with qemu-img, and because an overlay without one would read as
        // zeroes.
        var backing = Json.object().put("driver", "raw");
        var nbd = backing.putObject("file")
                .put("driver", "nbd")
                .put("export", disk.source().exportName());
        nbd.putObject("server")
                .put("type", "unix")
                .put("path", disk.source().socket().toString());
        Programs.run(
                what,
                List.of(
                        Programs.find("qemu-img", "qemu-utils").toString(),
                        "create",
                        "-q",
                        "-u",
                        "-f",
                        "qcow2",
                        "-F",
                        "raw",
                        "-b",
                        "json:" + backing,
                        overlay.toString(),
                        Long.toString(disk.sizeBytes())),
                deadline);
        access.grant(overlay, "rw-------");
        access.requireReachable(overlay);
    }

    void preparePromotion() throws ProviderException {
        try {
            Files.createDirectories(storage.resolve("disks"));
        } catch (IOException e) {
            throw Programs.failed("Making the folder " + storage.resolve("disks"), e.toString());
        }
    }

    void remove(Path file) throws ProviderException {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw Programs.failed("Removing " + file, e.toString());
        }
    }

    /** Removes the overlays of a VM. */
    void removeOverlays(OperationId operation, VmId vm) throws ProviderException {
        try {
            Folders.remove(folder(operation, vm));
        } catch (IOException e) {
            throw Programs.failed("Removing " + folder(operation, vm), e.toString());
        }
    }

    /** Removes everything of the operation that does not belong to one of the VMs to keep, half-made promotions included. */
    void removeAllBut(Set<VmId> keep, OperationId operation) throws ProviderException {
        Path all = storage.resolve("recovered").resolve(operation.toString());
        try {
            for (Path folder : Folders.list(all)) {
                VmId vm = new VmId(folder.getFileName().toString());
                if (keep.contains(vm)) {
                    continue;
                }
                for (Path disk : Folders.list(storage.resolve("disks"))) {
                    if (disk.getFileName().toString().startsWith(vm + "-")) {
                        Files.deleteIfExists(disk);
                    }
                }
                Folders.remove(folder);
            }
            if (Folders.list(all).isEmpty()) {
                Files.deleteIfExists(all);
            }
        } catch (IOException e) {
            throw Programs.failed("Removing the disks in " + all, e.toString());
        }
    }

    private Path folder(OperationId operation, VmId vm) {
        return storage.resolve("recovered").resolve(operation.toString()).resolve(vm.value());
    }
}
