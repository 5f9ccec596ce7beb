package io.tidemark.journal;

import io.tidemark.journal.batch.BatchFormat;
import io.tidemark.journal.file.StoreFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SortedMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which frames of a sealed segment are gone, because no checkpoint that is kept shows a byte of them; and the file that says so. Immutable; any
 * thread.
 *
 * @param runs frames that follow each other, in the order of the file
 * @param fingerprint of the kept positions for which this was found out
 * @param returned whether the room has been given back durably
 * @param damaged whether the file could not be read: nothing is known then
 */
record AbsentFrames(List<Run> runs, long fingerprint, boolean returned, boolean damaged) {
    /** Frames of one batch, by their place in its table. */
    record Run(long batchOffset, int firstFrame, int frames) {
        int endFrame() {
            return firstFrame + frames;
        }
    }

    static final AbsentFrames NONE = new AbsentFrames(List.of(), 0, true, false);
    static final AbsentFrames DAMAGED = new AbsentFrames(List.of(), 0, true, true);

    private static final Logger LOG = LoggerFactory.getLogger(AbsentFrames.class);
    private static final int MAGIC = 0x314E4D54; // "TMN1"
    private static final int VERSION = 1;
    private static final int HEADER_BYTES = 64;
    private static final int RUN_BYTES = 12;

    AbsentFrames {
        runs = List.copyOf(runs);
    }

    /** The same once the room is given back. */
    AbsentFrames whenReturned() {
        return new AbsentFrames(runs, fingerprint, true, false);
    }

    /** The frames of a batch that are gone, by their place in its table. */
    BitSet of(long batchOffset) {
        BitSet absent = new BitSet();
        for (int i = firstFrom(batchOffset); i < runs.size() && runs.get(i).batchOffset == batchOffset; i++) {
            absent.set(runs.get(i).firstFrame, runs.get(i).endFrame());
        }
        return absent;
    }

    private int firstFrom(long batchOffset) {
        int low = 0;
        int high = runs.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (runs.get(middle).batchOffset < batchOffset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Of the frames of some batches, by the batch's offset. */
    static List<Run> runs(SortedMap<Long, BitSet> frames) {
        List<Run> runs = new ArrayList<>();
        frames.forEach((batchOffset, absent) -> {
            for (int first = absent.nextSetBit(0); first >= 0; ) {
                int end = absent.nextClearBit(first);
                runs.add(new Run(batchOffset, first, end - first));
                first = absent.nextSetBit(end);
            }
        });
        return runs;
    }

    ByteBuffer encode(SegmentHeader segment) {
        ByteBuffer bytes = ByteBuffer.allocate(HEADER_BYTES + RUN_BYTES * runs.size() + Checksum.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(MAGIC).putShort((short) VERSION).putShort((short) (returned ? 1 : 0));
        bytes.putLong(segment.incarnation().getMostSignificantBits());
        bytes.putLong(segment.incarnation().getLeastSignificantBits());
        bytes.putLong(segment.number()).putLong(segment.generation()).putLong(fingerprint);
        bytes.putInt(runs.size());
        bytes.position(HEADER_BYTES);
        for (Run run : runs) {
            bytes.putInt((int) (run.batchOffset / BatchFormat.ALIGNMENT_BYTES));
            bytes.putInt(run.firstFrame).putInt(run.frames);
        }
        Checksum.seal(bytes.rewind());
        return bytes;
    }

    /** Reads the file of a segment; {@link #DAMAGED} if it is not intact or speaks of another one. */
    static AbsentFrames read(StoreFiles files, Path path, SegmentHeader segment) throws IOException {
        ByteBuffer bytes = WholeFile.read(files, path);
        boolean right = bytes.limit() >= HEADER_BYTES + Checksum.BYTES
                && Checksum.matches(bytes)
                && bytes.getInt(0) == MAGIC
                && bytes.getShort(4) == VERSION
                && bytes.getLong(8) == segment.incarnation().getMostSignificantBits()
                && bytes.getLong(16) == segment.incarnation().getLeastSignificantBits()
                && bytes.getLong(24) == segment.number()
                && bytes.getLong(32) == segment.generation()
                && bytes.limit() == HEADER_BYTES + (long) RUN_BYTES * bytes.getInt(48) + Checksum.BYTES;
        if (!right) {
            LOG.atWarn()
                    .addKeyValue("file", path)
                    .log("a file that says which frames are gone is damaged; it is made again by ageing");
            return DAMAGED;
        }
        List<Run> runs = new ArrayList<>();
        for (int at = HEADER_BYTES; at < bytes.limit() - Checksum.BYTES; at += RUN_BYTES) {
            long batchOffset = (bytes.getInt(at) & 0xFFFF_FFFFL) * BatchFormat.ALIGNMENT_BYTES;
            runs.add(new Run(batchOffset, bytes.getInt(at + 4), bytes.getInt(at + 8)));
        }
        return new AbsentFrames(runs, bytes.getLong(40), (bytes.getShort(6) & 1) != 0, false);
    }
}
