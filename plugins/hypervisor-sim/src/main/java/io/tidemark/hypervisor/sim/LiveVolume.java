package io.tidemark.hypervisor.sim;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.block.ZeroCause;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** The contents of a disk as they are now, read-only. Owns nothing: the disk goes on after close. Any thread. */
final class LiveVolume implements BlockDevice {
    private final VirtualDisk disk;

    LiveVolume(VirtualDisk disk) {
        this.disk = disk;
    }

    @Override
    public long sizeBytes() {
        return disk.sizeBytes();
    }

    @Override
    public boolean readOnly() {
        return true;
    }

    @Override
    public void read(long offset, ByteBuffer into) throws IOException {
        disk.read(offset, into);
    }

    @Override
    public void write(long offset, ByteBuffer data) throws IOException {
        throw new IOException("a protected volume is opened for reading only");
    }

    @Override
    public void writeZeroes(long offset, long lengthBytes, ZeroCause cause) throws IOException {
        throw new IOException("a protected volume is opened for reading only");
    }

    @Override
    public void flush() {}

    @Override
    public List<BlockExtent> extents(long offset, long lengthBytes) throws IOException {
        return disk.extents(offset, lengthBytes);
    }

    @Override
    public void close() {}
}
