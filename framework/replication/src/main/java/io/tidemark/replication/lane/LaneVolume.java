package io.tidemark.replication.lane;

import io.tidemark.replication.lane.DirtyBlocks.Run;
import io.tidemark.replication.lane.Lane.Contents;
import java.nio.ByteBuffer;

/**
 * One volume's part in a sync: what is dirty, what the recovery site holds, and the read that is under way.
 *
 * <p>A block that is read for a sync loses to a write captured meanwhile: the capture marks the read as overtaken, and its blocks become
 * dirty again. Not thread-safe; guarded by the lane's lock.
 */
final class LaneVolume {
    private final long sizeBytes;
    private final DirtyBlocks dirty;
    private KnownContents known;
    private boolean comparing;
    private boolean awaitingDelivery;
    private long deliveredBytes;
    private long readOffset;
    private long readEnd;
    private boolean readOvertaken;

    LaneVolume(long sizeBytes) {
        this.sizeBytes = sizeBytes;
        this.dirty = new DirtyBlocks(sizeBytes);
        this.known = KnownContents.zero(0);
    }

    long sizeBytes() {
        return sizeBytes;
    }

    void compareWith(KnownContents contents) {
        known = contents;
        comparing = true;
    }

    void stopComparing() {
        comparing = false;
        known = KnownContents.zero(0);
    }

    void begin(Contents contents) {
        deliveredBytes = 0;
        switch (contents) {
            case DELIVERED -> awaitingDelivery = true;
            case READ -> dirty.markAll();
        }
    }

    void delivered() {
        awaitingDelivery = false;
    }

    void deliveredSoFar(long bytes) {
        deliveredBytes = bytes;
    }

    void reset() {
        dirty.clear();
        awaitingDelivery = false;
        endRead();
        stopComparing();
    }

    void markDirty(long offset, long lengthBytes) {
        dirty.mark(offset, lengthBytes);
    }

    /** Whether the recovery site is known to hold exactly these bytes there. */
    boolean isHeldRemotely(long offset, ByteBuffer piece) {
        return comparing && known.isWholeBlock(offset, piece.remaining()) && known.holds(offset, piece);
    }

    boolean isKnownZero(long offset, long lengthBytes) {
        return comparing && known.isKnownZero(offset, lengthBytes);
    }

    /** A record for this range goes out: what the recovery site holds there is no longer known. */
    void forgetKnown(long offset, long lengthBytes) {
        if (comparing) {
            known.forget(offset, lengthBytes);
        }
    }

    /** A read under way that overlaps the range may be older than it. */
    void overtakeRead(long offset, long lengthBytes) {
        if (offset < readEnd && offset + lengthBytes > readOffset) {
            readOvertaken = true;
        }
    }

    boolean hasDirty() {
        return !dirty.isEmpty();
    }

    /** Begins a read of dirty blocks; they are clean unless the read is overtaken or fails. */
    Run startRead(int maxBytes) {
        Run run = dirty.take(readEnd, maxBytes);
        readOffset = run.offset();
        readEnd = run.offset() + run.lengthBytes();
        readOvertaken = false;
        return run;
    }

    /** Ends the read; returns whether it was overtaken, and then its blocks are dirty again. */
    boolean finishRead() {
        boolean overtaken = readOvertaken;
        if (overtaken) {
            dirty.mark(readOffset, readEnd - readOffset);
        }
        endRead();
        return overtaken;
    }

    void failRead() {
        dirty.mark(readOffset, readEnd - readOffset);
        endRead();
    }

    private void endRead() {
        readOffset = readEnd;
        readOvertaken = false;
    }

    boolean isClean() {
        return !awaitingDelivery && dirty.isEmpty() && readOffset == readEnd;
    }

    long dirtyBytes() {
        return dirty.dirtyBytes();
    }

    long syncedBytes() {
        return awaitingDelivery ? Math.min(deliveredBytes, sizeBytes) : sizeBytes - dirty.dirtyBytes();
    }
}
