package io.tidemark.hypervisor.kvm;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.block.ZeroCause;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** The image of a VM that was off when it was opened; refuses to read on once the VM was started, because it would be stale then. */
final class OfflineVolume implements BlockDevice {
    private static final long LOOK_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final Duration LOOK_LIMIT = Duration.ofSeconds(5);

    private final BlockDevice image;
    private final VmId vm;
    private final Libvirt libvirt;
    private final AtomicLong lastLook = new AtomicLong(System.nanoTime());

    OfflineVolume(BlockDevice image, VmId vm, Libvirt libvirt) {
        this.image = image;
        this.vm = vm;
        this.libvirt = libvirt;
    }

    @Override
    public long sizeBytes() {
        return image.sizeBytes();
    }

    @Override
    public boolean readOnly() {
        return true;
    }

    @Override
    public void read(long offset, ByteBuffer into) throws IOException {
        requireOff();
        image.read(offset, into);
    }

    @Override
    public List<BlockExtent> extents(long offset, long lengthBytes) throws IOException {
        requireOff();
        return image.extents(offset, lengthBytes);
    }

    @Override
    public void write(long offset, ByteBuffer data) throws IOException {
        image.write(offset, data);
    }

    @Override
    public void writeZeroes(long offset, long lengthBytes, ZeroCause cause) throws IOException {
        image.writeZeroes(offset, lengthBytes, cause);
    }

    @Override
    public void flush() {}

    @Override
    public void close() throws IOException {
        image.close();
    }

    private void requireOff() throws IOException {
        long last = lastLook.get();
        long now = System.nanoTime();
        if (now - last < LOOK_EVERY_NANOS || !lastLook.compareAndSet(last, now)) {
            return;
        }
        try {
            boolean active = libvirt.domain(
                    "Looking at VM " + vm, vm, Deadline.after(LOOK_LIMIT), domain -> domain.isActive() != 0);
            if (active) {
                lastLook.set(last);
                throw new IOException("VM " + vm + " was started while its image was read; open the volume again");
            }
        } catch (ProviderException e) {
            throw new IOException("cannot tell whether VM " + vm + " is still off", e);
        }
    }
}
