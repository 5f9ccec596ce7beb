package io.tidemark.guest;

import io.tidemark.spi.block.BlockExtent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A disk that loses its power after so many writes. */
final class Ending implements GuestDisk {
    private final GuestDisk disk;
    private final AtomicInteger left;

    Ending(GuestDisk disk, int writes) {
        this.disk = disk;
        this.left = new AtomicInteger(writes);
    }

    @Override
    public String name() {
        return disk.name();
    }

    @Override
    public long sizeBytes() {
        return disk.sizeBytes();
    }

    @Override
    public void read(long offset, ByteBuffer into) throws IOException {
        disk.read(offset, into);
    }

    @Override
    public void write(long offset, ByteBuffer data) throws IOException {
        if (left.decrementAndGet() < 0) {
            throw new IOException("no power");
        }
        disk.write(offset, data);
    }

    @Override
    public List<BlockExtent> extents(long offset, long lengthBytes) throws IOException {
        return disk.extents(offset, lengthBytes);
    }
}
