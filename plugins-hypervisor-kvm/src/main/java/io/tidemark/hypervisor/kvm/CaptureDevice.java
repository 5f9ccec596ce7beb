package io.tidemark.hypervisor.kvm;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.ZeroCause;
import io.tidemark.spi.capture.CaptureSink;
import io.tidemark.spi.capture.LossCause;
import io.tidemark.spi.id.VolumeId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The target of one volume's block copy: passes each write to the sink before it returns, so before QEMU acknowledges it to the guest.
 *
 * <p>States: delivering → synchronous, and from both → ended (continuity lost, or closed). Called on the threads of the host's NBD server;
 * {@link #markLost} and {@link #callNanos} take no lock, because they are for the case that a call hangs.
 */
final class CaptureDevice implements BlockDevice {
    private static final long IDLE = 0;

    private final VolumeId volume;
    private final long sizeBytes;
    private final CaptureSink sink;
    private final PendingZeroes pendingZeroes;
    /** Keeps sink calls of this volume in one order. QEMU itself never has two overlapping requests under way. */
    private final ReentrantLock order = new ReentrantLock();
    /** When the oldest call that may still be running began; {@link #IDLE} when there is none. */
    private final AtomicLong busySince = new AtomicLong(IDLE);

    private final AtomicInteger running = new AtomicInteger();
    private final AtomicBoolean lost = new AtomicBoolean();
    private volatile boolean synchronous;
    private volatile @Nullable LossCause lossCause;
    private volatile boolean closed;

    CaptureDevice(VolumeId volume, long sizeBytes, CaptureSink sink) {
        this.volume = volume;
        this.sizeBytes = sizeBytes;
        this.sink = sink;
        this.pendingZeroes = new PendingZeroes(sizeBytes);
    }

    @Override
    public long sizeBytes() {
        return sizeBytes;
    }

    @Override
    public boolean readOnly() {
        return false;
    }

    @Override
    public void read(long offset, ByteBuffer into) throws IOException {
        throw new IOException("volume " + volume + ": a capture target only takes writes");
    }

    @Override
    public void write(long offset, ByteBuffer data) throws IOException {
        enter();
        try {
            if (!synchronous) {
                pendingZeroes.release(offset, data.remaining(), this::passZero);
            }
            sink.onWrite(volume, offset, data);
        } finally {
            leave();
        }
    }

    @Override
    public void writeZeroes(long offset, long lengthBytes, ZeroCause cause) throws IOException {
        enter();
        try {
            if (synchronous) {
                sink.onZero(volume, offset, lengthBytes, cause);
            } else {
                pendingZeroes.add(offset, lengthBytes, this::passZero);
            }
        } finally {
            leave();
        }
    }

    /** Does nothing: an acknowledged write counts as durable here, and the mirror forwards no flush of the guest anyway. */
    @Override
    public void flush() {}

    /** Passes on what is held back and tells the sink that everything has arrived. Called once the block job is ready. */
    void turnSynchronous() {
        order.lock();
        try {
            if (closed || lost.get() || synchronous) {
                return;
            }
            pendingZeroes.drain(this::passZero);
            synchronous = true;
            sink.onSynchronous(volume);
        } finally {
            order.unlock();
        }
    }

    void delivered(long bytes) {
        if (!closed && !lost.get()) {
            sink.onDelivered(volume, Math.clamp(bytes, 0, sizeBytes), sizeBytes);
        }
    }

    boolean isSynchronous() {
        return synchronous;
    }

    boolean isLost() {
        return lost.get();
    }

    /** Refuses all further writes, so that the block job fails instead of going on with a hole in what was captured. */
    boolean markLost() {
        return lost.compareAndSet(false, true);
    }

    /** Why the volume was lost; empty before that, and while it is being found out. */
    Optional<LossCause> lossCause() {
        return Optional.ofNullable(lossCause);
    }

    /** Tells the sink; after {@link #markLost}. */
    void reportLoss(LossCause cause, String detail) {
        lossCause = cause;
        if (!closed) {
            sink.onContinuityLost(volume, cause, detail);
        }
    }

    /** For how long the oldest running call has been running; 0 when none is. */
    long callNanos() {
        long since = busySince.get();
        return since == IDLE ? 0 : System.nanoTime() - since;
    }

    /** Whether a call is under way. */
    boolean busy() {
        return running.get() > 0;
    }

    /** No sink call begins after this; one that is under way may still be ending ({@link #busy}). */
    @Override
    public void close() {
        closed = true;
    }

    private void enter() throws IOException {
        running.incrementAndGet();
        busySince.compareAndSet(IDLE, now());
        order.lock();
        if (closed || lost.get()) {
            leave();
            throw new IOException("volume " + volume + ": capture ended");
        }
    }

    private void leave() {
        order.unlock();
        // With calls on two threads the second one's age counts from the end of the first: late by one call, never
        // early.
        if (running.decrementAndGet() == 0) {
            busySince.set(IDLE);
        } else {
            busySince.set(now());
        }
    }

    private static long now() {
        long now = System.nanoTime();
        return now == IDLE ? 1 : now;
    }

    private void passZero(long offset, long lengthBytes) {
        sink.onZero(volume, offset, lengthBytes, ZeroCause.WRITE_ZEROES);
    }
}
