package io.tidemark.tck.hypervisor;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.block.ZeroCause;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A block device in memory, to export to recovered VMs. Thread-safe; the bytes outlive {@link #close()}. */
public final class MemoryDisk implements BlockDevice {
    private static final int EXTENT_BYTES = 65536;

    private final byte[] bytes;
    private final Access access;

    /** Whether writes are taken. */
    public enum Access {
        READ_ONLY,
        WRITABLE
    }

    /** @param contents copied */
    public MemoryDisk(byte[] contents, Access access) {
        this.bytes = contents.clone();
        this.access = access;
    }

    /** A copy of the contents as they are now. */
    public synchronized byte[] contents() {
        return bytes.clone();
    }

    @Override
    public long sizeBytes() {
        return bytes.length;
    }

    @Override
    public boolean readOnly() {
        return access == Access.READ_ONLY;
    }

    @Override
    public synchronized void read(long offset, ByteBuffer into) {
        into.put(bytes, Math.toIntExact(offset), into.remaining());
    }

    @Override
    public synchronized void write(long offset, ByteBuffer data) throws IOException {
        requireWritable();
        data.get(bytes, Math.toIntExact(offset), data.remaining());
    }

    @Override
    public synchronized void writeZeroes(long offset, long lengthBytes, ZeroCause cause) throws IOException {
        requireWritable();
        Arrays.fill(bytes, Math.toIntExact(offset), Math.toIntExact(offset + lengthBytes), (byte) 0);
    }

    @Override
    public void flush() {}

    @Override
    public synchronized List<BlockExtent> extents(long offset, long lengthBytes) {
        List<BlockExtent> extents = new ArrayList<>();
        long end = offset + lengthBytes;
        for (long at = offset; at < end; ) {
            long next = Math.min(end, (at / EXTENT_BYTES + 1) * EXTENT_BYTES);
            extents.add(new BlockExtent(at, next - at, contentOf(Math.toIntExact(at), Math.toIntExact(next))));
            at = next;
        }
        return extents;
    }

    @Override
    public void close() {}

    private BlockExtent.Content contentOf(int from, int to) {
        for (int i = from; i < to; i++) {
            if (bytes[i] != 0) {
                return BlockExtent.Content.DATA;
            }
        }
        return BlockExtent.Content.ZERO;
    }

    private void requireWritable() throws IOException {
        if (readOnly()) {
            throw new IOException("this disk is read-only");
        }
    }
}
