package io.tidemark.tck.consistency;

import io.tidemark.tck.consistency.DiskHistory.Write;
import java.util.Arrays;
import java.util.List;

/**
 * Decides whether views of several disks form a consistent cut: each is byte-identical to its disk after some number of its writes, and
 * no write is in the cut that was issued after the acknowledgement of one that is not.
 */
public final class ConsistentCut {
    private ConsistentCut() {}

    /** A disk's history and what a checkpoint shows of it. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Shown(DiskHistory disk, byte[] contents) {}

    /**
     * Judges one cut.
     *
     * @return how many writes it holds
     * @throws AssertionError when it is not consistent
     */
    public static int check(List<Shown> cut) {
        long newestIssued = 0;
        String newestDisk = "";
        long oldestMissingAcknowledged = Long.MAX_VALUE;
        String oldestMissingDisk = "";
        int held = 0;
        for (Shown shown : cut) {
            List<Write> writes = shown.disk().writes();
            int prefix = prefixOf(writes, shown);
            held += prefix;
            if (prefix > 0 && writes.get(prefix - 1).issued() > newestIssued) {
                newestIssued = writes.get(prefix - 1).issued();
                newestDisk = shown.disk().name();
            }
            if (prefix < writes.size() && writes.get(prefix).acknowledged() < oldestMissingAcknowledged) {
                oldestMissingAcknowledged = writes.get(prefix).acknowledged();
                oldestMissingDisk = shown.disk().name();
            }
        }
        if (newestIssued > oldestMissingAcknowledged) {
            throw new AssertionError("an effect is present without its cause: the cut has a write of " + newestDisk
                    + " issued at " + newestIssued + ", but lacks one of " + oldestMissingDisk + " acknowledged at "
                    + oldestMissingAcknowledged);
        }
        return held;
    }

    /** After how many writes the disk looked like that; of several answers the largest, which changes nothing that was written between. */
    private static int prefixOf(List<Write> writes, Shown shown) {
        byte[] model = shown.disk().firstContents();
        int found = Arrays.equals(model, shown.contents()) ? 0 : -1;
        for (int i = 0; i < writes.size(); i++) {
            Write write = writes.get(i);
            int end = write.offset() + write.data().length;
            boolean changes = !Arrays.equals(model, write.offset(), end, write.data(), 0, write.data().length);
            System.arraycopy(write.data(), 0, model, write.offset(), write.data().length);
            if (!changes) {
                // A write of what was there already is in the cut or not: both look the same.
                found = found == i ? i + 1 : found;
                continue;
            }
            boolean candidate = Arrays.equals(model, write.offset(), end, shown.contents(), write.offset(), end);
            if (candidate && Arrays.equals(model, shown.contents())) {
                found = i + 1;
            }
        }
        if (found < 0) {
            throw new AssertionError("the view of " + shown.disk().name() + " is no state after any of the disk's "
                    + writes.size() + " writes");
        }
        return found;
    }
}
