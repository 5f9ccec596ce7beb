package io.tidemark.control.testkit;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.block.ZeroCause;
import io.tidemark.spi.id.CheckpointId;
import java.nio.ByteBuffer;
import java.util.List;

/** A volume at a checkpoint: every eight bytes are the checkpoint's id. */
record FakeView(CheckpointId checkpoint, long sizeBytes, Runnable closed) implements BlockDevice {
    @Override
    public boolean readOnly() {
        return true;
    }

    @Override
    public void read(long offset, ByteBuffer into) {
        while (into.remaining() >= Long.BYTES) {
            into.putLong(checkpoint.value());
        }
    }

    @Override
    public void write(long offset, ByteBuffer data) {
        throw new AssertionError("a view is written to");
    }

    @Override
    public void writeZeroes(long offset, long lengthBytes, ZeroCause cause) {
        throw new AssertionError("a view is written to");
    }

    @Override
    public void flush() {}

    @Override
    public List<BlockExtent> extents(long offset, long lengthBytes) {
        return List.of(new BlockExtent(offset, lengthBytes, BlockExtent.Content.DATA));
    }

    @Override
    public void close() {
        closed.run();
    }
}
