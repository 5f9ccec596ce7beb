package io.tidemark.replication;

import io.tidemark.journal.JournalVolume;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.ZeroCause;
import io.tidemark.spi.capture.CaptureSession;
import io.tidemark.spi.capture.CaptureSink;
import io.tidemark.spi.capture.LossCause;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.tck.consistency.DiskHistory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A VM on a test hypervisor: byte arrays as disks, and a record of every write with the moments of its issue and acknowledgement. */
final class SourceVm {
    final VmId id;
    final List<Disk> disks = new ArrayList<>();
    private final AtomicLong moments;
    private @Nullable CaptureSink sink;
    private @Nullable CaptureSink sinkUpToTheStop;
    int attachments;

    SourceVm(String name, int diskCount, int diskBytes, AtomicLong moments) {
        this.id = new VmId(name);
        this.moments = moments;
        for (int i = 0; i < diskCount; i++) {
            disks.add(new Disk(new VolumeId(name + "/vd" + (char) ('a' + i)), new byte[diskBytes]));
        }
    }

    List<JournalVolume> volumes() {
        return disks.stream()
                .map(disk -> new JournalVolume(disk.volume, disk.bytes.length))
                .toList();
    }

    /** One disk; writes to it are serial, as overlapping writes of a guest are. */
    final class Disk {
        final VolumeId volume;
        final byte[] bytes;
        final DiskHistory history;

        Disk(VolumeId volume, byte[] bytes) {
            this.volume = volume;
            this.bytes = bytes;
            this.history = new DiskHistory(volume.value(), bytes, moments);
        }

        /** A guest's write: local first, then captured, then acknowledged. */
        synchronized void write(int offset, byte[] data) {
            history.record(offset, ByteBuffer.wrap(data), () -> {
                System.arraycopy(data, 0, bytes, offset, data.length);
                CaptureSink capture = sink();
                if (capture != null) {
                    if (isZero(data)) {
                        capture.onZero(volume, offset, data.length, ZeroCause.WRITE_ZEROES);
                    } else {
                        capture.onWrite(volume, offset, ByteBuffer.wrap(data));
                    }
                }
            });
        }

        private static boolean isZero(byte[] data) {
            for (byte b : data) {
                if (b != 0) {
                    return false;
                }
            }
            return true;
        }

        BlockDevice live() {
            return new LiveDisk(this);
        }
    }

    private synchronized @Nullable CaptureSink sink() {
        return sink;
    }

    synchronized CaptureSession attach(CaptureSink fresh) {
        sink = fresh;
        attachments++;
        disks.forEach(disk -> fresh.onSynchronous(disk.volume));
        return new Session(fresh);
    }

    private final class Session implements CaptureSession {
        private final CaptureSink mine;

        Session(CaptureSink mine) {
            this.mine = mine;
        }

        @Override
        public void confirmContinuity(Deadline deadline) throws ProviderException {
            if (!missedNothing(mine)) {
                throw new ProviderException(
                        FailureKind.CONTINUITY_LOST, "Not confirmed", "capture broke or the VM has run since", "Sync");
            }
        }

        @Override
        public void close() {
            detach();
        }
    }

    private synchronized boolean missedNothing(CaptureSink asking) {
        return asking.equals(sink) || asking.equals(sinkUpToTheStop);
    }

    /** Power off: the guest makes no more writes. */
    void stop() {
        CaptureSink ending;
        synchronized (this) {
            ending = sink;
            sinkUpToTheStop = sink;
            sink = null;
        }
        if (ending != null) {
            disks.forEach(disk -> ending.onContinuityLost(disk.volume, LossCause.VM_STOPPED, "powered off"));
        }
    }

    /** Power on: writes are possible again, and not captured until the next attach. */
    synchronized void restart() {
        sinkUpToTheStop = null;
    }

    /** The hypervisor drops the capture, and nobody hears of it yet. */
    synchronized Optional<CaptureSink> dropCaptureSilently() {
        Optional<CaptureSink> dropped = Optional.ofNullable(sink);
        sink = null;
        return dropped;
    }

    /** It is heard of at last. */
    void reportLoss(CaptureSink dropped) {
        disks.forEach(disk -> dropped.onContinuityLost(disk.volume, LossCause.CAPTURE_FAILED, "the job had failed"));
    }

    private synchronized void detach() {
        sink = null;
    }

    void loseCapture(String why) {
        CaptureSink losing;
        synchronized (this) {
            losing = sink;
            sink = null;
        }
        if (losing != null) {
            for (Disk disk : disks) {
                losing.onContinuityLost(disk.volume, LossCause.CAPTURE_FAILED, why);
            }
        }
    }

    private record LiveDisk(Disk disk) implements BlockDevice {
        @Override
        public long sizeBytes() {
            return disk.bytes.length;
        }

        @Override
        public boolean readOnly() {
            return true;
        }

        @Override
        public void read(long offset, ByteBuffer into) {
            // Byte by byte without the disk's lock: a write during it may be seen or not, as on a real disk.
            int at = (int) offset;
            while (into.hasRemaining()) {
                into.put(disk.bytes[at++]);
            }
        }

        @Override
        public void write(long offset, ByteBuffer data) throws IOException {
            throw new IOException("read-only");
        }

        @Override
        public void writeZeroes(long offset, long lengthBytes, ZeroCause cause) throws IOException {
            throw new IOException("read-only");
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }
}
