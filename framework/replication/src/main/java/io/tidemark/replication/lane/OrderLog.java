package io.tidemark.replication.lane;

import io.tidemark.journal.CheckpointRecord;
import io.tidemark.journal.Pinning;
import io.tidemark.journal.batch.BatchBuilder;
import io.tidemark.journal.batch.RecordType;
import io.tidemark.replication.lane.LaneItem.QueuedBatch;
import io.tidemark.replication.lane.LaneItem.QueuedCheckpoint;
import io.tidemark.spi.id.CheckpointId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The records of a lane in write order, from the moment they are captured until the recovery site has them durable: what is being
 * filled, what is closed and waits, and what was sent and may have to be sent again. Bounded in memory.
 *
 * <p>Not thread-safe; guarded by the lane's lock.
 */
final class OrderLog {
    /** Largest payload of one batch, in bytes. */
    static final int BATCH_BYTES = 256 << 10;

    private final long memoryLimitBytes;
    private final List<LaneItem> items = new ArrayList<>();
    private int sent;
    private BatchBuilder open = new BatchBuilder(BATCH_BYTES);
    private long openSinceNanos;
    private long nextPosition;
    private long acknowledgedPosition;
    private long memoryBytes;

    OrderLog(long memoryLimitBytes) {
        this.memoryLimitBytes = memoryLimitBytes;
    }

    /** Drops everything and goes on at a position that the recovery site named. */
    void restartAt(long position) {
        items.clear();
        sent = 0;
        open = new BatchBuilder(BATCH_BYTES);
        memoryBytes = 0;
        nextPosition = position;
        acknowledgedPosition = position;
    }

    /** Whether a recovery site that is durable up to {@code position} lacks only what is still held here. */
    boolean canContinueFrom(long position) {
        return position >= acknowledgedPosition && position <= nextPosition;
    }

    /** Forgets what is durable and sends the rest again. */
    void rewindTo(long durablePosition) {
        acknowledge(durablePosition);
        sent = 0;
    }

    /** Takes a write of at most {@link #BATCH_BYTES}, or refuses it because memory is full. */
    boolean offerWrite(int volumeIndex, long offset, ByteBuffer data, long nowNanos) {
        int length = data.remaining();
        if (memoryBytes + length > memoryLimitBytes) {
            return false;
        }
        if (!open.fits(length)) {
            seal();
        }
        touchOpen(nowNanos);
        open.add(volumeIndex, offset, data);
        nextPosition++;
        memoryBytes += length;
        return true;
    }

    /** Takes a range of zeroes, or refuses it because memory is full. */
    boolean offerZero(RecordType type, int volumeIndex, long offset, long lengthBytes, long nowNanos) {
        if (memoryBytes >= memoryLimitBytes) {
            return false;
        }
        if (!open.fits(0)) {
            seal();
        }
        touchOpen(nowNanos);
        open.addZero(type, volumeIndex, offset, lengthBytes);
        nextPosition++;
        return true;
    }

    /** Takes a marker, always: without it what follows would be misread. */
    void addMarker(RecordType type, long nowNanos) {
        if (!open.fits(0)) {
            seal();
        }
        touchOpen(nowNanos);
        open.addMarker(type);
        nextPosition++;
    }

    /** Puts a checkpoint after all records so far; it and what follows wait until it is confirmed or discarded. */
    CheckpointRecord addCheckpoint(Cut cut) {
        seal();
        CheckpointRecord checkpoint =
                new CheckpointRecord(cut.id(), nextPosition, cut.time(), cut.kind(), cut.tag(), Pinning.UNPINNED);
        items.add(new QueuedCheckpoint(checkpoint));
        return checkpoint;
    }

    /** Closes the batch that is being filled, if it holds anything. */
    void seal() {
        if (open.recordCount() == 0) {
            return;
        }
        items.add(new QueuedBatch(open, nextPosition - open.recordCount(), open.payloadBytes()));
        open = new BatchBuilder(BATCH_BYTES);
    }

    /** The checkpoint may go out; returns whether it is still here. */
    boolean confirm(CheckpointId checkpoint) {
        for (LaneItem item : items) {
            if (item instanceof QueuedCheckpoint queued
                    && queued.checkpoint.id().equals(checkpoint)) {
                queued.confirmed = true;
                return true;
            }
        }
        return false;
    }

    /** Takes out what was not confirmed, and so never sent: it will be no checkpoint. */
    void discardUnconfirmed() {
        items.removeIf(item -> item instanceof QueuedCheckpoint queued && !queued.confirmed);
    }

    /** The next item to send, or null. */
    @Nullable LaneItem nextUnsent() {
        if (sent == items.size()) {
            return null;
        }
        LaneItem next = items.get(sent);
        return next instanceof QueuedCheckpoint queued && !queued.confirmed ? null : next;
    }

    void markSent() {
        sent++;
    }

    /** The item last marked was not taken by the channel after all. */
    int unmarkSent() {
        return --sent;
    }

    /** Since when the batch being filled waits, on the monotonic clock; {@link Long#MAX_VALUE} when it is empty. */
    long openSinceNanos() {
        return open.recordCount() == 0 ? Long.MAX_VALUE : openSinceNanos;
    }

    /** Everything before {@code position} is durable at the recovery site (J10 is its promise). */
    void acknowledge(long position) {
        acknowledgedPosition = Math.max(acknowledgedPosition, position);
        dropHead();
    }

    /** The recovery site has a checkpoint durable. */
    void acknowledge(CheckpointId checkpoint) {
        for (int i = 0; i < items.size(); i++) {
            if (items.get(i) instanceof QueuedCheckpoint queued
                    && queued.checkpoint.id().equals(checkpoint)) {
                items.remove(i);
                if (i < sent) {
                    sent--;
                }
                return;
            }
        }
    }

    private void dropHead() {
        // Checkpoints stay until they are acknowledged themselves, batches before and after them need not wait for
        // that.
        int kept = 0;
        int keptSent = 0;
        for (int i = 0; i < items.size(); i++) {
            LaneItem item = items.get(i);
            if (item instanceof QueuedBatch batch) {
                if (batch.endPosition <= acknowledgedPosition) {
                    memoryBytes -= batch.payloadBytes;
                    continue;
                }
            }
            items.set(kept++, item);
            if (i < sent) {
                keptSent++;
            }
        }
        items.subList(kept, items.size()).clear();
        sent = keptSent;
    }

    private void touchOpen(long nowNanos) {
        if (open.recordCount() == 0) {
            openSinceNanos = nowNanos;
        }
    }

    boolean isEmpty() {
        return items.isEmpty() && open.recordCount() == 0;
    }

    long memoryBytes() {
        return memoryBytes;
    }

    boolean isBelowHalf() {
        return memoryBytes < memoryLimitBytes / 2;
    }

    long nextPosition() {
        return nextPosition;
    }

    long acknowledgedPosition() {
        return acknowledgedPosition;
    }
}
