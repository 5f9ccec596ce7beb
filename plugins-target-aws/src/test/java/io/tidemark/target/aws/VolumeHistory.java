package io.tidemark.target.aws;

import io.tidemark.spi.block.BlockExtent;
import io.tidemark.tck.hypervisor.MemoryDisk;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;

/** A volume's contents at checkpoints 1, 2, 3 …, made by writes at random places; the same for the same seed. */
final class VolumeHistory {
    private final Random random;
    private final List<byte[]> contents = new ArrayList<>();
    private final List<List<BlockExtent>> writes = new ArrayList<>();

    /** A sparse volume at checkpoint 1: about a third of it holds data. */
    VolumeHistory(int sizeBytes, long seed) {
        this.random = new Random(seed);
        byte[] first = new byte[sizeBytes];
        for (int at = 0; at < sizeBytes; at += 65_536) {
            if (random.nextInt(3) == 0) {
                byte[] run = new byte[Math.min(65_536, sizeBytes - at)];
                random.nextBytes(run);
                System.arraycopy(run, 0, first, at, run.length);
            }
        }
        contents.add(first);
        writes.add(List.of());
    }

    /** One more checkpoint after some writes, some of them of zeroes. */
    void advance(int count) {
        byte[] next = contents.getLast().clone();
        List<BlockExtent> extents = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int length = 512 * (1 + random.nextInt(64));
            int offset = 512 * random.nextInt((next.length - length) / 512 + 1);
            byte[] data = new byte[length];
            if (random.nextInt(4) != 0) {
                random.nextBytes(data);
            }
            System.arraycopy(data, 0, next, offset, length);
            extents.add(new BlockExtent(offset, length, BlockExtent.Content.DATA));
        }
        contents.add(next);
        writes.add(extents);
    }

    int last() {
        return contents.size();
    }

    byte[] at(int checkpoint) {
        return contents.get(checkpoint - 1);
    }

    MemoryDisk disk(int checkpoint) {
        return new MemoryDisk(at(checkpoint), MemoryDisk.Access.READ_ONLY);
    }

    /** What was written between two checkpoints, in either direction. */
    List<BlockExtent> between(int one, int other) {
        List<BlockExtent> extents = new ArrayList<>();
        for (int each = Math.min(one, other) + 1; each <= Math.max(one, other); each++) {
            extents.addAll(writes.get(each - 1));
        }
        return extents;
    }

    /** How many of EBS's blocks the extents touch. */
    static int blocksOf(List<BlockExtent> extents) {
        TreeSet<Long> blocks = new TreeSet<>();
        for (BlockExtent extent : extents) {
            for (long block = extent.offset() >> 19; block <= (extent.endOffset() - 1) >> 19; block++) {
                blocks.add(block);
            }
        }
        return blocks.size();
    }

    /** How many blocks differ, counted by looking at them. */
    static int differing(byte[] one, byte[] other) {
        int count = 0;
        for (int at = 0; at < Math.max(one.length, other.length); at += 1 << 19) {
            count += Arrays.equals(block(one, at), block(other, at)) ? 0 : 1;
        }
        return count;
    }

    private static byte[] block(byte[] contents, int at) {
        return at >= contents.length
                ? new byte[1 << 19]
                : Arrays.copyOf(Arrays.copyOfRange(contents, at, Math.min(contents.length, at + (1 << 19))), 1 << 19);
    }
}
