package io.tidemark.target.aws;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.block.BlockExtent.Content;
import io.tidemark.spi.block.ZeroCause;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;

/** A disk of any size that holds data in a few runs of 64 KiB only. Read-only. */
final class SparseDisk implements BlockDevice {
    static final int RUN_BYTES = 65_536;

    private final long sizeBytes;
    /** Contents by offset, each a multiple of a run. */
    private final TreeMap<Long, byte[]> runs = new TreeMap<>();

    SparseDisk(long sizeBytes) {
        this.sizeBytes = sizeBytes;
    }

    /** These contents, and other data in some runs. */
    SparseDisk with(long seed, List<BlockExtent> where) {
        SparseDisk next = new SparseDisk(sizeBytes);
        next.runs.putAll(runs);
        Random random = new Random(seed);
        for (BlockExtent extent : where) {
            byte[] data = new byte[RUN_BYTES];
            random.nextBytes(data);
            next.runs.put(extent.offset(), data);
        }
        return next;
    }

    /** Runs spread evenly over the disk. */
    List<BlockExtent> spread(int count) {
        List<BlockExtent> extents = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            extents.add(new BlockExtent(sizeBytes / count / RUN_BYTES * RUN_BYTES * i, RUN_BYTES, Content.DATA));
        }
        return extents;
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
    public void read(long offset, ByteBuffer into) {
        long at = offset;
        while (into.hasRemaining()) {
            long run = at / RUN_BYTES * RUN_BYTES;
            int within = (int) (at - run);
            int length = Math.min(into.remaining(), RUN_BYTES - within);
            into.put(runs.getOrDefault(run, new byte[RUN_BYTES]), within, length);
            at += length;
        }
    }

    @Override
    public List<BlockExtent> extents(long offset, long lengthBytes) {
        List<BlockExtent> extents = new ArrayList<>();
        long at = offset;
        long end = offset + lengthBytes;
        for (long run : runs.subMap(offset / RUN_BYTES * RUN_BYTES, end).keySet()) {
            long from = Math.max(run, offset);
            if (from > at) {
                extents.add(new BlockExtent(at, from - at, Content.ZERO));
            }
            at = Math.min(end, run + RUN_BYTES);
            extents.add(new BlockExtent(from, at - from, Content.DATA));
        }
        if (at < end) {
            extents.add(new BlockExtent(at, end - at, Content.ZERO));
        }
        return extents;
    }

    @Override
    public void write(long offset, ByteBuffer data) {
        throw new UnsupportedOperationException("read-only");
    }

    @Override
    public void writeZeroes(long offset, long lengthBytes, ZeroCause cause) {
        throw new UnsupportedOperationException("read-only");
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
}
