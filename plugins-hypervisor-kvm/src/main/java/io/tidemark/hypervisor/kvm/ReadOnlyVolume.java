package io.tidemark.hypervisor.kvm;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.block.ZeroCause;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A volume opened for reading, with what has to be cleared away behind it. Any thread. */
final class ReadOnlyVolume implements BlockDevice {
    private static final Logger LOG = LoggerFactory.getLogger(ReadOnlyVolume.class);

    private final BlockDevice device;
    private final Runnable removeExport;
    private final Consumer<ReadOnlyVolume> onClose;
    private final AtomicBoolean closed = new AtomicBoolean();

    ReadOnlyVolume(BlockDevice device, Runnable removeExport, Consumer<ReadOnlyVolume> onClose) {
        this.device = device;
        this.removeExport = removeExport;
        this.onClose = onClose;
    }

    @Override
    public long sizeBytes() {
        return device.sizeBytes();
    }

    @Override
    public boolean readOnly() {
        return true;
    }

    @Override
    public void read(long offset, ByteBuffer into) throws IOException {
        device.read(offset, into);
    }

    @Override
    public List<BlockExtent> extents(long offset, long lengthBytes) throws IOException {
        return device.extents(offset, lengthBytes);
    }

    @Override
    public void write(long offset, ByteBuffer data) throws IOException {
        throw refused();
    }

    @Override
    public void writeZeroes(long offset, long lengthBytes, ZeroCause cause) throws IOException {
        throw refused();
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        onClose.accept(this);
        try {
            device.close();
        } catch (IOException e) {
            LOG.atDebug().setCause(e).log("the far end had closed the connection already");
        }
        removeExport.run();
    }

    private static IOException refused() {
        return new IOException("a volume that is opened for reading takes no writes");
    }
}
