package io.tidemark.replication;

import io.tidemark.journal.VolumeView;
import io.tidemark.replication.SourceVm.Disk;
import io.tidemark.replication.SourceVm.Write;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * Decides whether views of several disks form a consistent cut: each is byte-identical to its disk after some number of its writes, and
 * no write is in the cut whose issue came after the acknowledgement of one that is not.
 */
final class CutChecker {
    private CutChecker() {}

    /** A disk and what a checkpoint shows of it. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Shown(Disk disk, byte[] contents) {}

    static byte[] readAll(VolumeView view) throws IOException {
        ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(view.sizeBytes()));
        view.read(0, all);
        return all.array();
    }

    /** Throws unless the cut is consistent; returns how many writes it holds. */
    static int check(List<Shown> cut) {
        long newestIssued = 0;
        long oldestMissingAcknowledged = Long.MAX_VALUE;
        int held = 0;
        for (Shown shown : cut) {
            List<Write> writes = writesOf(shown.disk());
            int prefix = prefixOf(writes, shown);
            held += prefix;
            for (Write write : writes.subList(0, prefix)) {
                newestIssued = Math.max(newestIssued, write.issued());
            }
            for (Write write : writes.subList(prefix, writes.size())) {
                oldestMissingAcknowledged = Math.min(oldestMissingAcknowledged, write.acknowledged());
            }
        }
        if (newestIssued > oldestMissingAcknowledged) {
            throw new AssertionError("an effect is present without its cause: a write issued at " + newestIssued
                    + " is in the cut, one acknowledged at " + oldestMissingAcknowledged + " is not");
        }
        return held;
    }

    private static List<Write> writesOf(Disk disk) {
        synchronized (disk) {
            return List.copyOf(disk.writes);
        }
    }

    /** The one number of writes after which the disk looked like that: contents are unique, so there is at most one run of candidates. */
    private static int prefixOf(List<Write> writes, Shown shown) {
        byte[] model = new byte[shown.contents().length];
        if (Arrays.equals(model, shown.contents())) {
            return 0;
        }
        for (int i = 0; i < writes.size(); i++) {
            Write write = writes.get(i);
            System.arraycopy(write.data(), 0, model, write.offset(), write.data().length);
            boolean candidate = Arrays.equals(
                    model,
                    write.offset(),
                    write.offset() + write.data().length,
                    shown.contents(),
                    write.offset(),
                    write.offset() + write.data().length);
            if (candidate && Arrays.equals(model, shown.contents())) {
                return i + 1;
            }
        }
        throw new AssertionError(
                "the view of " + shown.disk().volume + " is no prefix of the disk's " + writes.size() + " writes");
    }
}
