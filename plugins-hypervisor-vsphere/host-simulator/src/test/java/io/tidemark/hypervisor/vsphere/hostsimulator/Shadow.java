package io.tidemark.hypervisor.vsphere.hostsimulator;

import io.tidemark.hypervisor.vsphere.filter.FilterAttachment;
import io.tidemark.hypervisor.vsphere.filter.FilterClient;
import io.tidemark.hypervisor.vsphere.filter.WriteListener;
import io.tidemark.hypervisor.vsphere.filter.protocol.AttachmentState;
import io.tidemark.hypervisor.vsphere.filter.protocol.DiskEvent;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.block.ZeroCause;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A copy of a disk, made by capturing its writes and reading what was there before. */
final class Shadow implements WriteListener {
    private static final int SECTOR_BYTES = 512;

    private final byte[] bytes;

    /** The sequence that wrote each sector last: what was read before it must not overwrite it. */
    private final long[] sectors;

    private final List<DiskEvent> events = new ArrayList<>();
    private final List<Long> uncompleted = new ArrayList<>();
    private long last;
    private int flushes;
    private int zeroes;
    private boolean jumped;
    private @Nullable AttachmentState gap;
    private int gaps;
    private volatile long delayNanos;
    private volatile boolean withholding;

    Shadow(long sizeBytes) {
        bytes = new byte[Math.toIntExact(sizeBytes)];
        sectors = new long[Math.toIntExact(sizeBytes / SECTOR_BYTES)];
    }

    @Override
    public void onWrite(FilterAttachment disk, long sequence, long offset, ByteBuffer data) {
        synchronized (this) {
            note(sequence, offset, data.remaining());
            data.get(bytes, Math.toIntExact(offset), data.remaining());
        }
        finish(disk, sequence);
    }

    @Override
    public void onZero(FilterAttachment disk, long sequence, long offset, long lengthBytes, ZeroCause cause) {
        synchronized (this) {
            note(sequence, offset, lengthBytes);
            zeroes++;
            Arrays.fill(bytes, Math.toIntExact(offset), Math.toIntExact(offset + lengthBytes), (byte) 0);
        }
        finish(disk, sequence);
    }

    @Override
    public void onFlush(FilterAttachment disk, long sequence) {
        synchronized (this) {
            note(sequence, 0, 0);
            flushes++;
        }
        finish(disk, sequence);
    }

    @Override
    public synchronized void onEvent(FilterAttachment disk, DiskEvent event) {
        last++;
        events.add(event);
    }

    @Override
    public synchronized void onGap(FilterAttachment disk, AttachmentState state) {
        gap = state;
        gaps++;
    }

    /** Takes over what the disk holds and was not written since the attachment. */
    void sync(FilterClient client, String disk) throws IOException {
        ByteBuffer piece = ByteBuffer.allocate(256 << 10);
        for (BlockExtent extent : client.extents(disk, 0, bytes.length, Lab.soon())) {
            for (long at = extent.offset(); at < extent.endOffset(); at += piece.capacity()) {
                piece.clear().limit((int) Math.min(piece.capacity(), extent.endOffset() - at));
                long sequence = 0;
                if (extent.content() == BlockExtent.Content.DATA) {
                    sequence = client.read(disk, at, piece, Lab.soon());
                }
                take(
                        at,
                        piece.clear().limit((int) Math.min(piece.capacity(), extent.endOffset() - at)),
                        sequence,
                        extent.content() == BlockExtent.Content.ZERO);
            }
        }
    }

    private synchronized void take(long offset, ByteBuffer piece, long sequence, boolean zero) {
        for (int at = 0; at < piece.limit(); at += SECTOR_BYTES) {
            int sector = Math.toIntExact((offset + at) / SECTOR_BYTES);
            if (sectors[sector] <= sequence) {
                if (zero) {
                    Arrays.fill(bytes, sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES, (byte) 0);
                } else {
                    piece.get(at, bytes, sector * SECTOR_BYTES, SECTOR_BYTES);
                }
            }
        }
    }

    /** How long each completion takes. */
    void delay(long nanos) {
        delayNanos = nanos;
    }

    /** Completes nothing until {@link #completeAll}. */
    void withhold() {
        withholding = true;
    }

    void completeAll(FilterAttachment disk) {
        List<Long> all;
        synchronized (this) {
            withholding = false;
            all = new ArrayList<>(uncompleted);
            uncompleted.clear();
        }
        java.util.Collections.shuffle(all, new java.util.Random(all.size()));
        all.forEach(disk::complete);
    }

    synchronized int withheld() {
        return uncompleted.size();
    }

    synchronized byte[] bytes() {
        return bytes.clone();
    }

    synchronized long last() {
        return last;
    }

    synchronized List<DiskEvent> events() {
        return List.copyOf(events);
    }

    synchronized @Nullable AttachmentState gap() {
        return gap;
    }

    synchronized int gaps() {
        return gaps;
    }

    synchronized int flushes() {
        return flushes;
    }

    synchronized int zeroes() {
        return zeroes;
    }

    /** Whether a sequence was left out, or came twice. */
    synchronized boolean jumped() {
        return jumped;
    }

    private void note(long sequence, long offset, long lengthBytes) {
        jumped |= sequence != last + 1;
        last = sequence;
        for (long at = offset; at < offset + lengthBytes; at += SECTOR_BYTES) {
            sectors[Math.toIntExact(at / SECTOR_BYTES)] = sequence;
        }
    }

    private void finish(FilterAttachment disk, long sequence) {
        long wait = delayNanos;
        if (wait > 0) {
            long until = System.nanoTime() + wait;
            for (long left = wait; left > 0; left = until - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
        }
        synchronized (this) {
            if (withholding) {
                uncompleted.add(sequence);
                return;
            }
        }
        disk.complete(sequence);
    }
}
