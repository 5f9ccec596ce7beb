package io.tidemark.journal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;

/** The contents of a file in memory: those that a reader sees, those that are durable, and the changes between them. */
final class MemoryInode {
    static final int PAGE_BYTES = 4096;

    static final class Change {
        private static final long HOLE = -2;

        private final long offset;
        private final byte[] data;
        private final long newLength;

        Change(long offset, byte[] data, long newLength) {
            this.offset = offset;
            this.data = data;
            this.newLength = newLength;
        }

        static Change write(long offset, byte[] data) {
            return new Change(offset, data, -1);
        }

        static Change resize(long length) {
            return new Change(0, new byte[0], length);
        }

        static Change hole(long offset, int length) {
            return new Change(offset, new byte[length], HOLE);
        }

        boolean isHole() {
            return newLength == HOLE;
        }

        boolean isResize() {
            return newLength >= 0;
        }
    }

    byte[] current = new byte[0];
    byte[] durable = new byte[0];
    private final List<Change> pending = new ArrayList<>();

    /** The pages that take no room, as long as there is no crash. */
    final BitSet holes = new BitSet();

    void change(Change change) {
        int firstPage = (int) (change.offset / PAGE_BYTES);
        int endPage = (int) ((change.offset + change.data.length) / PAGE_BYTES);
        if (change.isHole()) {
            holes.set(firstPage, endPage);
        } else if (change.data.length > 0) {
            holes.clear(firstPage, (int) Math.ceilDiv(change.offset + change.data.length, (long) PAGE_BYTES));
        }
        current = apply(current, change);
        pending.add(change);
    }

    static byte[] apply(byte[] bytes, Change change) {
        if (change.isResize()) {
            return Arrays.copyOf(bytes, Math.toIntExact(change.newLength));
        }
        int end = Math.toIntExact(change.offset + change.data.length);
        byte[] target = bytes.length < end ? Arrays.copyOf(bytes, end) : bytes;
        System.arraycopy(change.data, 0, target, (int) change.offset, change.data.length);
        return target;
    }

    void sync() {
        for (Change change : pending) {
            durable = apply(durable, change);
        }
        pending.clear();
    }

    void failSync() {
        pending.clear();
    }

    MemoryInode afterCrash(Random random, MemoryFiles.Survival survival) {
        byte[] bytes = durable.clone();
        for (Change change : pending) {
            for (Change part : sectors(change)) {
                boolean kept =
                        switch (survival) {
                            case NOTHING -> false;
                            case EVERYTHING -> true;
                            case RANDOM -> random.nextBoolean();
                        };
                bytes = kept ? apply(bytes, part) : bytes;
            }
        }
        MemoryInode inode = new MemoryInode();
        inode.current = bytes;
        inode.durable = bytes.clone();
        return inode;
    }

    private static List<Change> sectors(Change change) {
        if (change.isResize()) {
            return List.of(change);
        }
        List<Change> parts = new ArrayList<>();
        for (int at = 0; at < change.data.length; ) {
            int part = (int) Math.min(change.data.length - at, 512 - (change.offset + at) % 512);
            parts.add(Change.write(change.offset + at, Arrays.copyOfRange(change.data, at, at + part)));
            at += part;
        }
        return parts;
    }
}
