package io.tidemark.hypervisor.vsphere.hostsimulator;

import io.tidemark.hypervisor.vsphere.filter.FilterClient;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.block.ZeroCause;
import io.tidemark.spi.plugin.Deadline;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;

/** A volume as the SPI's reader shows it, on nothing but {@link FilterClient}. */
record FilterVolume(FilterClient client, String disk, long sizeBytes) implements BlockDevice {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    @Override
    public boolean readOnly() {
        return true;
    }

    @Override
    public void read(long offset, ByteBuffer into) throws IOException {
        client.read(disk, offset, into, Deadline.after(LIMIT));
    }

    @Override
    public void write(long offset, ByteBuffer data) throws IOException {
        throw new IOException("a protected volume is opened for reading only");
    }

    @Override
    public void writeZeroes(long offset, long lengthBytes, ZeroCause cause) throws IOException {
        throw new IOException("a protected volume is opened for reading only");
    }

    @Override
    public void flush() {}

    @Override
    public List<BlockExtent> extents(long offset, long lengthBytes) throws IOException {
        return client.extents(disk, offset, lengthBytes, Deadline.after(LIMIT));
    }

    @Override
    public void close() {}
}
