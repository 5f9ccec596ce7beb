package io.tidemark.hypervisor.sim;

import io.tidemark.guest.GuestDisk;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.capture.CaptureSink;
import io.tidemark.spi.capture.LossCause;
import io.tidemark.spi.id.VolumeId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One disk of a VM, and the path that its guest's writes take: contents first, then the capture, then the acknowledgement.
 *
 * <p>One lock spans contents and capture, so that for overlapping writes the sink sees the order in which they took effect. Reading takes
 * no lock.
 */
final class VirtualDisk implements GuestDisk {
    private final VolumeId volume;
    private final DiskTrace trace;
    private final ReentrantLock writePath = new ReentrantLock();
    private volatile BlockDevice contents;
    private @Nullable CapturePipe capture;
    /** What captured all writes up to the power-off; none once there is power again. */
    private @Nullable CapturePipe capturedToTheEnd;

    private @Nullable DiskCopy copy;
    private boolean powered;

    VirtualDisk(VolumeId volume, BlockDevice contents, DiskTrace trace) {
        this.volume = volume;
        this.contents = contents;
        this.trace = trace;
    }

    VolumeId volume() {
        return volume;
    }

    BlockDevice contents() {
        return contents;
    }

    @Override
    public String name() {
        return volume.value();
    }

    @Override
    public long sizeBytes() {
        return contents.sizeBytes();
    }

    /** A write of the guest; acknowledged by returning. */
    @Override
    public void write(long offset, ByteBuffer data) throws IOException {
        writePath.lock();
        try {
            if (!powered) {
                throw new IOException("the VM has no power");
            }
            trace.issued(offset, data);
            contents.write(offset, data.duplicate());
            if (copy != null) {
                copy.write(offset, data.duplicate());
            }
            if (capture != null) {
                capture.write(offset, data.asReadOnlyBuffer());
            }
            trace.acknowledged();
        } finally {
            writePath.unlock();
        }
    }

    @Override
    public void read(long offset, ByteBuffer into) throws IOException {
        int start = into.position();
        BlockDevice read = contents;
        try {
            read.read(offset, into);
        } catch (IOException failed) {
            BlockDevice now = contents;
            if (now.equals(read)) {
                throw failed;
            }
            now.read(offset, into.position(start)); // a promotion moved the contents and closed the old ones meanwhile
        }
    }

    @Override
    public List<BlockExtent> extents(long offset, long lengthBytes) throws IOException {
        return contents.extents(offset, lengthBytes);
    }

    void powerOn() throws IOException {
        writePath.lock();
        try {
            trace.poweredOn(contents);
            powered = true;
            capturedToTheEnd = null;
        } finally {
            writePath.unlock();
        }
    }

    /** Lets the write in hand end, and takes no more; ends the capture. */
    void powerOff(LossCause cause, String detail) {
        writePath.lock();
        try {
            powered = false;
            if (cause == LossCause.VM_STOPPED && capture != null && capture.isOpen()) {
                capturedToTheEnd = capture;
            }
            failCaptureLocked(cause, detail);
        } finally {
            writePath.unlock();
        }
    }

    /**
     * Captures from the next write on; an earlier capture ends.
     *
     * @throws IOException when the VM has no power
     */
    CapturePipe attach(CaptureSink sink) throws IOException {
        writePath.lock();
        try {
            if (!powered) {
                throw new IOException("the VM has no power");
            }
            failCaptureLocked(LossCause.CAPTURE_FAILED, "another session took the capture over");
            CapturePipe attached = new CapturePipe(volume, sink);
            capture = attached;
            attached.start();
            return attached;
        } finally {
            writePath.unlock();
        }
    }

    /** Whether a pipe has taken every write since it was attached. */
    boolean missedNothing(CapturePipe pipe) {
        writePath.lock();
        try {
            return (capture == pipe && pipe.isOpen()) || capturedToTheEnd == pipe;
        } finally {
            writePath.unlock();
        }
    }

    void detach(CapturePipe pipe) {
        writePath.lock();
        try {
            pipe.close();
            if (capture == pipe) {
                capture = null;
            }
            if (capturedToTheEnd == pipe) {
                capturedToTheEnd = null;
            }
        } finally {
            writePath.unlock();
        }
    }

    void failCapture(LossCause cause, String detail) {
        writePath.lock();
        try {
            failCaptureLocked(cause, detail);
        } finally {
            writePath.unlock();
        }
    }

    /** Grows the disk; its capture ends, since nothing can be said about a volume of another size. */
    void grow(long sizeBytes) throws IOException {
        writePath.lock();
        try {
            if (!(contents instanceof FileDisk file)) {
                throw new IOException("only a disk in a file can grow");
            }
            failCaptureLocked(LossCause.VOLUME_CHANGED, "the disk was grown to " + sizeBytes + " bytes");
            file.grow(sizeBytes);
        } finally {
            writePath.unlock();
        }
    }

    /** From here on the guest's writes go to the copy too. */
    void beginCopy(DiskCopy begun) {
        writePath.lock();
        try {
            copy = begun;
        } finally {
            writePath.unlock();
        }
    }

    /** Copies one piece while no write can pass it. */
    void copyPiece(DiskCopy target, long offset, ByteBuffer piece) throws IOException {
        writePath.lock();
        try {
            contents.read(offset, piece);
            target.writePiece(offset, piece.flip());
        } finally {
            writePath.unlock();
        }
    }

    void abandonCopy() {
        writePath.lock();
        try {
            copy = null;
        } finally {
            writePath.unlock();
        }
    }

    /** Keeps the guest's writes waiting until {@link #releaseWrites()} by the same thread. */
    void holdWrites() {
        writePath.lock();
    }

    void releaseWrites() {
        writePath.unlock();
    }

    /** Exchanges what holds the contents; the caller closes what is returned. */
    BlockDevice replaceContents(BlockDevice changed) {
        writePath.lock();
        try {
            BlockDevice old = contents;
            contents = changed;
            copy = null;
            return old;
        } finally {
            writePath.unlock();
        }
    }

    /** Lets go of files and exports; the VM has no power any more. */
    void close() throws IOException {
        trace.close();
        contents.close();
    }

    private void failCaptureLocked(LossCause cause, String detail) {
        if (capture != null) {
            capture.fail(cause, detail);
            capture = null;
        }
    }
}
