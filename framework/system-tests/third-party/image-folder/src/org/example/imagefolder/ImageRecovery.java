package org.example.imagefolder;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.block.BlockNetwork;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.recovery.RecoveryTarget;
import io.tidemark.spi.recovery.RecoveryVmSpec;
import io.tidemark.spi.recovery.RecoveryVmSpec.RecoveryDisk;
import io.tidemark.spi.site.PowerState;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.function.DoubleConsumer;
import java.util.stream.Stream;

/**
 * Copies what is to be recovered into images. A VM gets its name by one rename when it is complete; what a crash leaves begins with a dot and
 * is made anew.
 */
final class ImageRecovery implements RecoveryTarget {
    private static final int PIECE_BYTES = 1 << 20;

    private final ImageFolder folder;
    private final BlockNetwork network;

    ImageRecovery(ImageFolder folder, BlockNetwork network) {
        this.folder = folder;
        this.network = network;
    }

    @Override
    public VmId create(RecoveryVmSpec spec, OperationId operation, Deadline deadline) throws ProviderException {
        VmId vm = new VmId(spec.name());
        Path target = folder.path().resolve(spec.name());
        try {
            if (Files.exists(target)) {
                if (!operation.toString().equals(ImageFolder.read(target).getProperty(ImageFolder.OPERATION))) {
                    throw new ProviderException(
                            FailureKind.CONFLICT,
                            "VM " + vm + " was not made",
                            target + " is there already, and of something else",
                            "Move it away, or choose another name.");
                }
                return vm;
            }
            Path unfinished = unfinished(operation, spec.name());
            Files.createDirectories(unfinished);
            for (int i = 0; i < spec.disks().size(); i++) {
                copy(spec.disks().get(i), ImageFolder.disk(unfinished, i), deadline);
            }
            Properties properties = new Properties();
            properties.setProperty("memory-bytes", Long.toString(spec.hardware().memoryBytes()));
            properties.setProperty("processors", Integer.toString(spec.hardware().processors()));
            properties.setProperty(ImageFolder.OPERATION, operation.toString());
            ImageFolder.write(unfinished, properties);
            Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
            return vm;
        } catch (IOException e) {
            throw ImageFolder.failed("The images of VM " + vm + " were not written", e);
        }
    }

    private Path unfinished(OperationId operation, String name) {
        return folder.path().resolve("." + operation + "-" + name);
    }

    /** Sparse: what is known to be zero is left out. */
    private void copy(RecoveryDisk disk, Path image, Deadline deadline) throws IOException, ProviderException {
        try (BlockDevice source = network.connect(disk.source());
                RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(0);
            file.setLength(disk.sizeBytes());
            FileChannel channel = file.getChannel();
            ByteBuffer piece = ByteBuffer.allocate(PIECE_BYTES);
            for (long at = 0; at < disk.sizeBytes(); at += PIECE_BYTES) {
                if (deadline.passed()) {
                    throw new ProviderException(
                            FailureKind.RETRY_LATER,
                            "Copying disk " + disk.device() + " was given up",
                            "the time limit passed at " + at + " of " + disk.sizeBytes() + " bytes",
                            "It is copied anew at the next try.");
                }
                int length = (int) Math.min(PIECE_BYTES, disk.sizeBytes() - at);
                for (BlockExtent extent : source.extents(at, length)) {
                    if (extent.content() == BlockExtent.Content.DATA) {
                        piece.clear().limit((int) extent.lengthBytes());
                        source.read(extent.offset(), piece);
                        piece.flip();
                        while (piece.hasRemaining()) {
                            channel.write(piece, extent.offset() + piece.position());
                        }
                    }
                }
            }
            channel.force(true);
        }
    }

    @Override
    public void start(VmId vm, Deadline deadline) throws ProviderException {
        folder.setPower(vm, PowerState.RUNNING);
    }

    /** The images are on storage of their own already: discarding only has to leave them alone from now on. */
    @Override
    public void promote(VmId vm, OperationId operation, DoubleConsumer progress, Deadline deadline)
            throws ProviderException {
        folder.require(vm);
        try {
            Path target = folder.path().resolve(vm.value());
            Properties properties = ImageFolder.read(target);
            properties.setProperty(ImageFolder.COMMITTED, "true");
            ImageFolder.write(target, properties);
            progress.accept(1);
        } catch (IOException e) {
            throw ImageFolder.failed("VM " + vm + " was not committed", e);
        }
    }

    @Override
    public void discard(OperationId operation, Deadline deadline) throws ProviderException {
        try {
            for (Path each : madeFor(operation)) {
                if (ImageFolder.read(each).getProperty(ImageFolder.COMMITTED) == null) {
                    ImageFolder.delete(each);
                }
            }
            List<Path> unfinished;
            try (Stream<Path> all = Files.list(folder.path())) {
                unfinished = all.filter(each -> each.getFileName().toString().startsWith("." + operation))
                        .toList();
            }
            for (Path each : unfinished) {
                ImageFolder.delete(each);
            }
        } catch (IOException e) {
            throw ImageFolder.failed("What operation " + operation + " made was not all removed", e);
        }
    }

    @Override
    public List<VmId> list(OperationId operation, Deadline deadline) throws ProviderException {
        try {
            return madeFor(operation).stream()
                    .map(each -> new VmId(each.getFileName().toString()))
                    .toList();
        } catch (IOException e) {
            throw ImageFolder.failed("The VMs of operation " + operation + " could not be listed", e);
        }
    }

    private List<Path> madeFor(OperationId operation) throws IOException {
        List<Path> made = new ArrayList<>();
        for (Path each : folder.folders()) {
            if (operation.toString().equals(ImageFolder.read(each).getProperty(ImageFolder.OPERATION))) {
                made.add(each);
            }
        }
        return made;
    }
}
