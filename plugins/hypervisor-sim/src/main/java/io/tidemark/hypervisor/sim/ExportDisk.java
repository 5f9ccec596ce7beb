package io.tidemark.hypervisor.sim;

import io.tidemark.spi.block.BlockAddress;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.block.BlockNetwork;
import io.tidemark.spi.block.ZeroCause;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A disk whose contents are a block export of the host. Connects when it is first used, and anew after a failure: a VM that is still
 * powered on finds its disk again once the export is back. Any thread.
 */
final class ExportDisk implements BlockDevice {
    private static final Logger LOG = LoggerFactory.getLogger(ExportDisk.class);

    private final BlockNetwork network;
    private final BlockAddress address;
    private final long sizeBytes;
    private @Nullable BlockDevice connected;
    private boolean closed;

    ExportDisk(BlockNetwork network, BlockAddress address, long sizeBytes) {
        this.network = network;
        this.address = address;
        this.sizeBytes = sizeBytes;
    }

    BlockAddress address() {
        return address;
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
        run(device -> device.read(offset, into));
    }

    @Override
    public void write(long offset, ByteBuffer data) throws IOException {
        run(device -> device.write(offset, data));
    }

    @Override
    public void writeZeroes(long offset, long lengthBytes, ZeroCause cause) throws IOException {
        run(device -> device.writeZeroes(offset, lengthBytes, cause));
    }

    @Override
    public void flush() throws IOException {
        run(BlockDevice::flush);
    }

    @Override
    public List<BlockExtent> extents(long offset, long lengthBytes) throws IOException {
        BlockDevice device = connect();
        try {
            return device.extents(offset, lengthBytes);
        } catch (IOException failed) {
            disconnect(device, failed);
            throw failed;
        }
    }

    /** Opens the export when it is not open yet, and checks that it can carry the disk. */
    synchronized BlockDevice connect() throws IOException {
        if (closed) {
            throw new IOException("the disk was closed");
        }
        BlockDevice earlier = connected;
        if (earlier != null) {
            return earlier;
        }
        BlockDevice device = network.connect(address);
        if (device.sizeBytes() != sizeBytes || device.readOnly()) {
            IOException unfit = new IOException("export " + address + " has " + device.sizeBytes() + " bytes"
                    + (device.readOnly() ? " and is read-only" : "") + "; a writable one of " + sizeBytes
                    + " bytes is needed");
            try (device) {
                throw unfit;
            }
        }
        connected = device;
        return device;
    }

    /** Lets go of the export, as a VM without power does; the next use connects again. */
    void release() throws IOException {
        BlockDevice device;
        synchronized (this) {
            device = connected;
            connected = null;
        }
        if (device != null) {
            device.close();
        }
    }

    /** Lets go of the export for good. */
    @Override
    public void close() throws IOException {
        synchronized (this) {
            closed = true;
        }
        release();
    }

    private void run(Call call) throws IOException {
        BlockDevice device = connect();
        try {
            call.on(device);
        } catch (IOException failed) {
            disconnect(device, failed);
            throw failed;
        }
    }

    private void disconnect(BlockDevice failedDevice, IOException failure) {
        synchronized (this) {
            if (failedDevice.equals(connected)) {
                connected = null;
            }
        }
        try {
            failedDevice.close();
        } catch (IOException closing) {
            failure.addSuppressed(closing);
        }
        LOG.atWarn().addKeyValue("export", address).log("A recovered disk's export failed", failure);
    }

    private interface Call {
        void on(BlockDevice device) throws IOException;
    }
}
