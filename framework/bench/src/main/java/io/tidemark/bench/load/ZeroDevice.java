package io.tidemark.bench.load;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.block.ZeroCause;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** A source with nothing in it, for a lane that should never have to read one. */
record ZeroDevice(long sizeBytes) implements BlockDevice {
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
        throw new IOException("read-only");
    }

    @Override
    public void writeZeroes(long offset, long lengthBytes, ZeroCause cause) throws IOException {
        throw new IOException("read-only");
    }

    @Override
    public void flush() {}

    @Override
    public List<BlockExtent> extents(long offset, long lengthBytes) {
        return List.of(new BlockExtent(offset, lengthBytes, BlockExtent.Content.ZERO));
    }

    @Override
    public void close() {}
}
