package io.tidemark.journal;

import io.tidemark.journal.batch.BatchCheck;
import io.tidemark.journal.file.StoreFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The buffers between the journal's owner and its disk: one is being filled while up to two are being written. They are made when they are first
 * needed. Used by the owner; nothing is allocated per batch.
 */
final class AppendBuffers {
    private static final int SLOTS = 3;

    private final int capacityBytes;
    private final List<AppendSlot> slots = new ArrayList<>();
    private int current;

    AppendBuffers(int capacityBytes) {
        this.capacityBytes = capacityBytes;
    }

    int capacityBytes() {
        return capacityBytes;
    }

    /**
     * Copies a batch of at most {@link #capacityBytes} to where it may go; only {@link #commit} puts it there.
     *
     * @param file where the batches before it belong
     */
    BatchCheck stage(ByteBuffer batch, StoreFile file) throws IOException {
        AppendSlot slot = slot(current);
        if (slot.end + batch.remaining() > capacityBytes) {
            if (slot.isEmpty()) {
                slot.start = 0;
                slot.end = 0;
            } else {
                slot = startWrite(slot, file);
            }
        }
        return slot.stage(batch);
    }

    /** Begins to write what a slot holds. @return the next one, free */
    private AppendSlot startWrite(AppendSlot slot, StoreFile file) throws IOException {
        slot.pending = file.startWrite(slot.fileOffset, slot.unwritten());
        current = (current + 1) % SLOTS;
        AppendSlot next = slot(current);
        await(next);
        return next;
    }

    /** Begins to write all that was committed. @return every write that has not been waited for */
    List<StoreFile.PendingWrite> startWrites(StoreFile file) throws IOException {
        AppendSlot slot = slot(current);
        List<StoreFile.PendingWrite> pending = new ArrayList<>();
        if (!slot.isEmpty()) {
            slot.pending = file.startWrite(slot.fileOffset, slot.unwritten());
            current = (current + 1) % SLOTS;
        }
        for (AppendSlot each : slots) {
            StoreFile.@Nullable PendingWrite write = each.pending;
            if (write != null) {
                pending.add(write);
            }
        }
        await(slot(current));
        return pending;
    }

    /** Where in the slot's buffer the staged batch starts. */
    int stagedAt() {
        return slot(current).end;
    }

    /** Makes the staged batch the next one of a file. */
    void commit(int lengthBytes, long fileOffset, UUID incarnation, long generation, long durablePosition) {
        AppendSlot slot = slot(current);
        slot.stamp(incarnation, generation, fileOffset, durablePosition);
        if (slot.isEmpty()) {
            slot.fileOffset = fileOffset;
        }
        slot.end += lengthBytes;
    }

    /** Has everything written that was committed; a staged batch stays staged. */
    void flush(StoreFile file) throws IOException {
        if (slots.isEmpty()) {
            return;
        }
        IOException failure = null;
        AppendSlot slot = slot(current);
        if (!slot.isEmpty()) {
            try {
                file.write(slot.fileOffset, slot.unwritten());
            } catch (IOException e) {
                failure = e;
            }
            slot.start = slot.end;
        }
        for (AppendSlot other : slots) {
            try {
                await(other);
            } catch (IOException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** Waits for the disk to give all buffers back, whatever became of the writes. */
    void abandon() {
        for (AppendSlot slot : slots) {
            try {
                await(slot);
            } catch (IOException e) {
                // Nobody was promised anything about it.
            }
        }
    }

    private static void await(AppendSlot slot) throws IOException {
        StoreFile.@Nullable PendingWrite pending = slot.pending;
        if (pending != null) {
            slot.pending = null;
            slot.start = 0;
            slot.end = 0;
            pending.await();
        }
    }

    private AppendSlot slot(int index) {
        while (slots.size() <= index) {
            slots.add(new AppendSlot(capacityBytes));
        }
        return slots.get(index);
    }
}
