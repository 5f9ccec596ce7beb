package io.tidemark.bench.load;

import io.tidemark.nbd.NbdExport;
import io.tidemark.nbd.NbdZeroMode;
import io.tidemark.replication.lane.Lane;
import io.tidemark.spi.block.ZeroCause;
import io.tidemark.spi.id.VolumeId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;

/** What a hypervisor plugin serves to a mirror: each write goes into the lane, in one order, before it is acknowledged. */
final class CaptureExport implements NbdExport {
    private final Lane lane;
    private final VolumeId volume;
    private final long sizeBytes;
    private final ReentrantLock order = new ReentrantLock();

    CaptureExport(Lane lane, VolumeId volume, long sizeBytes) {
        this.lane = lane;
        this.volume = volume;
        this.sizeBytes = sizeBytes;
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
        throw new IOException("a capture target only takes writes");
    }

    @Override
    public void write(long offset, ByteBuffer data) {
        order.lock();
        try {
            lane.captured(volume, offset, data);
        } finally {
            order.unlock();
        }
    }

    @Override
    public void writeZeroes(long offset, long lengthBytes, NbdZeroMode mode) {
        zero(offset, lengthBytes, ZeroCause.WRITE_ZEROES);
    }

    @Override
    public void trim(long offset, long lengthBytes) {
        zero(offset, lengthBytes, ZeroCause.TRIM);
    }

    private void zero(long offset, long lengthBytes, ZeroCause cause) {
        order.lock();
        try {
            lane.capturedZero(volume, offset, lengthBytes, cause);
        } finally {
            order.unlock();
        }
    }

    @Override
    public void flush() {
        // An acknowledged write counts as durable here, and the mirror forwards no flush of the guest anyway.
    }
}
