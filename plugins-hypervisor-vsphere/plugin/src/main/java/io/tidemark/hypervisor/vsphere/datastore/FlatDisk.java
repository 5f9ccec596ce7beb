package io.tidemark.hypervisor.vsphere.datastore;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.ZeroCause;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/** The bytes of a VMDK, read-only, each read a ranged download. Any thread. */
public final class FlatDisk implements BlockDevice {
    private static final int MOST_BYTES = 4 << 20;
    /** Reads of a block device carry no deadline. */
    private static final Duration READ_LIMIT = Duration.ofSeconds(60);

    private final DatastoreFiles files;
    private final DatastorePath flat;
    private final long sizeBytes;
    private final AtomicBoolean closed = new AtomicBoolean();

    private FlatDisk(DatastoreFiles files, DatastorePath flat, long sizeBytes) {
        this.files = files;
        this.flat = flat;
        this.sizeBytes = sizeBytes;
    }

    /** Opens a disk by its descriptor. */
    public static FlatDisk open(DatastoreFiles files, DatastorePath descriptor, Deadline deadline)
            throws ProviderException {
        String text = files.readText(descriptor, deadline);
        Vmdk disk = Vmdk.parse(text)
                .orElseThrow(() -> new ProviderException(
                        FailureKind.UNSUPPORTED,
                        "Disk " + descriptor + " cannot be read",
                        "it is not one flat file: it stands on a snapshot of somebody else, or is sparse or split",
                        "Remove the VM's other snapshots and consolidate its disks, then try again."));
        return new FlatDisk(files, descriptor.parent().child(disk.flatName()), disk.sizeBytes());
    }

    @Override
    public long sizeBytes() {
        return sizeBytes;
    }

    @Override
    public boolean readOnly() {
        return true;
    }

    @Override
    public void read(long offset, ByteBuffer into) throws IOException {
        long at = offset;
        while (into.hasRemaining()) {
            if (closed.get()) {
                throw new IOException("this disk was closed");
            }
            int length = Math.min(MOST_BYTES, into.remaining());
            try {
                into.put(files.read(flat, at, length, Deadline.after(READ_LIMIT)));
            } catch (ProviderException failure) {
                throw DatastoreFiles.asIo(failure);
            }
            at += length;
        }
    }

    @Override
    public void write(long offset, ByteBuffer data) throws IOException {
        throw new IOException("this disk was opened for reading");
    }

    @Override
    public void writeZeroes(long offset, long lengthBytes, ZeroCause cause) throws IOException {
        throw new IOException("this disk was opened for reading");
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        closed.set(true);
    }
}
