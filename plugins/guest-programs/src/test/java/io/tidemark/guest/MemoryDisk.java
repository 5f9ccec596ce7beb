package io.tidemark.guest;

import io.tidemark.spi.block.BlockExtent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** A disk in memory whose power can be cut. */
final class MemoryDisk implements GuestDisk {
    final byte[] contents;
    private long writes;
    private boolean powered = true;

    MemoryDisk(int sizeBytes) {
        contents = new byte[sizeBytes];
    }

    @Override
    public String name() {
        return "memory";
    }

    @Override
    public long sizeBytes() {
        return contents.length;
    }

    @Override
    public synchronized void read(long offset, ByteBuffer into) throws IOException {
        requirePower();
        into.put(contents, Math.toIntExact(offset), into.remaining());
    }

    @Override
    public synchronized void write(long offset, ByteBuffer data) throws IOException {
        requirePower();
        writes++;
        data.get(contents, Math.toIntExact(offset), data.remaining());
    }

    @Override
    public List<BlockExtent> extents(long offset, long lengthBytes) {
        return List.of(new BlockExtent(offset, lengthBytes, BlockExtent.Content.DATA));
    }

    synchronized void cutPower() {
        powered = false;
    }

    synchronized long writes() {
        return writes;
    }

    private void requirePower() throws IOException {
        if (!powered) {
            throw new IOException("no power");
        }
    }
}
