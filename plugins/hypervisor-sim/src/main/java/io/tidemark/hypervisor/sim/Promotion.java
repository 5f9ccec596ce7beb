package io.tidemark.hypervisor.sim;

import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves a recovered VM's disks from block exports into files while the VM runs. Used once, by one thread.
 *
 * <p>From its begin on, a write of the guest goes to the export and to the copy; a piece is copied while no write can pass it. The VM goes
 * over to the copies at one moment, by replacing its record. Before that moment a failure or a crash leaves the VM on its exports, and the
 * next attempt starts over.
 */
final class Promotion {
    private static final Logger LOG = LoggerFactory.getLogger(Promotion.class);
    private static final int PIECE_BYTES = 1 << 20;

    private final SimulatedVm vm;
    private final DoubleConsumer progress;
    private final Deadline deadline;
    private final List<DiskCopy> copies = new ArrayList<>();
    private long copiedBytes;

    Promotion(SimulatedVm vm, DoubleConsumer progress, Deadline deadline) {
        this.vm = vm;
        this.progress = progress;
        this.deadline = deadline;
    }

    void run() throws ProviderException {
        vm.beginPromotion();
        try {
            progress.accept(0);
            for (int i = 0; i < vm.disks().size(); i++) {
                begin(i);
            }
            for (int i = 0; i < copies.size(); i++) {
                copy(vm.disks().get(i), copies.get(i));
            }
            for (DiskCopy copy : copies) {
                copy.target().flush();
            }
            VmRecordFile.syncFolder(vm.folder());
            vm.adopt(copies);
            progress.accept(1);
        } catch (IOException failed) {
            abandon();
            throw Refusal.io("VM " + vm.id() + " was not promoted and goes on with its exports", failed);
        } catch (ProviderException | RuntimeException failed) {
            abandon();
            throw failed;
        } finally {
            vm.endPromotion();
        }
    }

    private void begin(int index) throws IOException {
        Path file = vm.fileOf(index);
        Files.deleteIfExists(file); // of an attempt that did not end
        DiskCopy copy = new DiskCopy(new FileDisk(file, vm.disks().get(index).sizeBytes()));
        copies.add(copy);
        vm.disks().get(index).beginCopy(copy);
    }

    private void copy(VirtualDisk disk, DiskCopy copy) throws IOException, ProviderException {
        ByteBuffer piece = ByteBuffer.allocate(PIECE_BYTES);
        for (long at = 0; at < disk.sizeBytes(); at += PIECE_BYTES) {
            long lengthBytes = Math.min(PIECE_BYTES, disk.sizeBytes() - at);
            for (BlockExtent extent : disk.extents(at, lengthBytes)) {
                // A write that comes after this look is in the copy by itself.
                if (extent.content() == BlockExtent.Content.DATA) {
                    piece.clear().limit(Math.toIntExact(extent.lengthBytes()));
                    disk.copyPiece(copy, extent.offset(), piece);
                }
            }
            copiedBytes += lengthBytes;
            progress.accept((double) copiedBytes / totalBytes());
            requireTime();
        }
    }

    private long totalBytes() {
        return vm.disks().stream().mapToLong(VirtualDisk::sizeBytes).sum();
    }

    private void requireTime() throws ProviderException {
        if (deadline.passed()) {
            throw new ProviderException(
                    FailureKind.RETRY_LATER,
                    "VM " + vm.id() + " was not promoted and goes on with its exports",
                    "the time allowed was over after " + copiedBytes + " of " + totalBytes() + " bytes",
                    "Try again, with more time.");
        }
    }

    /** Makes sure that the record on disk names the exports before the files go: a failed write may have replaced it all the same. */
    private void abandon() {
        vm.disks().forEach(VirtualDisk::abandonCopy);
        try {
            for (DiskCopy copy : copies) {
                copy.target().close();
            }
            vm.save();
            for (int i = 0; i < copies.size(); i++) {
                Files.deleteIfExists(vm.fileOf(i));
            }
        } catch (IOException | ProviderException failed) {
            LOG.atWarn().addKeyValue("vm", vm.id()).log("The copy of a failed promotion was not removed", failed);
        }
    }
}
