package io.tidemark.hypervisor.vsphere.recovery;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.ZeroCause;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A disk of zeroes. Any thread. */
record BlankDisk(long sizeBytes) implements BlockDevice {
    @Override
    public boolean readOnly() {
        return true;
    }

    @Override
    public void read(long offset, ByteBuffer into) {
        while (into.hasRemaining()) {
            into.put((byte) 0);
        }
    }

    @Override
    public void write(long offset, ByteBuffer data) throws IOException {
        throw new IOException("a blank disk stays blank");
    }

    @Override
    public void writeZeroes(long offset, long lengthBytes, ZeroCause cause) {}

    @Override
    public void flush() {}

    @Override
    public void close() {}
}
