package io.tidemark.tck.consistency;

import io.tidemark.tck.consistency.DiskHistory.Write;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * Decides whether views of several disks form a consistent cut: each is byte-identical to its disk after some number of its writes, and
 * no write is in the cut that was issued after the acknowledgement of one that is not.
 *
 * <p>A disk may have looked like that after several numbers of writes, where a write left what was there. The cut is consistent when one
 * choice is. The judge starts with the least number for each disk and lets a disk have more only where others prove that it must: what
 * they hold can only grow by that, so the first choice without an objection is the least one, and where it fails every other fails.
 */
public final class ConsistentCut {
    private static final int BLOCK_BYTES = 512;

    private ConsistentCut() {}

    /** A disk's history and what a checkpoint shows of it. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Shown(DiskHistory disk, byte[] contents) {}

    /**
     * Judges one cut.
     *
     * @return how many writes it holds at least
     * @throws AssertionError when it is not consistent
     */
    public static int check(List<Shown> cut) {
        List<Candidates> disks = new ArrayList<>();
        for (Shown shown : cut) {
            disks.add(Candidates.of(shown));
        }
        while (true) {
            Candidates newest = disks.getFirst();
            for (Candidates disk : disks) {
                newest = disk.newestIssued() > newest.newestIssued() ? disk : newest;
            }
            boolean changed = false;
            for (Candidates disk : disks) {
                while (disk.oldestMissingAcknowledged() < newest.newestIssued()) {
                    disk.takeMore(newest);
                    changed = true;
                }
            }
            if (!changed) {
                return disks.stream().mapToInt(Candidates::held).sum();
            }
        }
    }

    /** The numbers of writes after which one disk looked as it is shown, and the one that is chosen now. */
    private static final class Candidates {
        private final String name;
        private final List<Write> writes;
        private final int[] prefixes;
        private int chosen;

        private Candidates(String name, List<Write> writes, int[] prefixes) {
            this.name = name;
            this.writes = writes;
            this.prefixes = prefixes;
        }

        static Candidates of(Shown shown) {
            String name = shown.disk().name();
            List<Write> writes = shown.disk().writes();
            int[] prefixes = prefixesOf(shown, writes);
            if (prefixes.length == 0) {
                throw new AssertionError(
                        "the view of " + name + " is no state after any of the disk's " + writes.size() + " writes");
            }
            return new Candidates(name, writes, prefixes);
        }

        /** Keeps the set of blocks that differ, so that each write costs its own length and not the disk's. */
        private static int[] prefixesOf(Shown shown, List<Write> writes) {
            byte[] model = shown.disk().firstContents();
            byte[] contents = shown.contents();
            if (model.length != contents.length) {
                return new int[0];
            }
            BitSet different = new BitSet();
            compare(model, contents, 0, model.length, different);
            int[] prefixes = new int[writes.size() + 1];
            int count = 0;
            if (different.isEmpty()) {
                prefixes[count++] = 0;
            }
            for (int i = 0; i < writes.size(); i++) {
                Write write = writes.get(i);
                System.arraycopy(write.data(), 0, model, write.offset(), write.data().length);
                compare(model, contents, write.offset(), write.offset() + write.data().length, different);
                if (different.isEmpty()) {
                    prefixes[count++] = i + 1;
                }
            }
            return Arrays.copyOf(prefixes, count);
        }

        private static void compare(byte[] model, byte[] contents, int from, int to, BitSet different) {
            for (int block = from / BLOCK_BYTES; block * BLOCK_BYTES < to; block++) {
                int start = block * BLOCK_BYTES;
                int end = Math.min(start + BLOCK_BYTES, model.length);
                different.set(block, !Arrays.equals(model, start, end, contents, start, end));
            }
        }

        int held() {
            return prefixes[chosen];
        }

        /** When the newest write in the cut was issued; 0 when there is none. */
        long newestIssued() {
            return held() == 0 ? 0 : writes.get(held() - 1).issued();
        }

        /** Writes of a disk are acknowledged in order, but for those that never were. */
        long oldestMissingAcknowledged() {
            for (int i = held(); i < writes.size(); i++) {
                if (writes.get(i).acknowledged() != DiskHistory.NEVER) {
                    return writes.get(i).acknowledged();
                }
            }
            return DiskHistory.NEVER;
        }

        void takeMore(Candidates newest) {
            if (chosen == prefixes.length - 1) {
                throw new AssertionError("an effect is present without its cause: the cut has a write of " + newest.name
                        + " issued at " + newest.newestIssued() + ", but lacks one of " + name + " acknowledged at "
                        + oldestMissingAcknowledged());
            }
            chosen++;
        }
    }
}
