package io.tidemark.target.aws;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.ZeroCause;
import io.tidemark.target.aws.peers.StrictEbs;
import io.tidemark.tck.hypervisor.MemoryDisk;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;

/** A disk so slow that the tokens of the blocks that it is compared with have expired when its first block has been read. */
final class ExpiringDisk implements BlockDevice {
    private final MemoryDisk inner;
    private final StrictEbs fake;
    private final AtomicBoolean expired = new AtomicBoolean();

    ExpiringDisk(MemoryDisk inner, StrictEbs fake) {
        this.inner = inner;
        this.fake = fake;
    }

    @Override
    public long sizeBytes() {
        return inner.sizeBytes();
    }

    @Override
    public boolean readOnly() {
        return true;
    }

    @Override
    public void read(long offset, ByteBuffer into) {
        inner.read(offset, into);
        if (expired.compareAndSet(false, true)) {
            fake.expireTokens();
        }
    }

    @Override
    public void write(long offset, ByteBuffer data) {
        throw new UnsupportedOperationException("read-only");
    }

    @Override
    public void writeZeroes(long offset, long lengthBytes, ZeroCause cause) {
        throw new UnsupportedOperationException("read-only");
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
}
