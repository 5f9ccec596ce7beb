package io.tidemark.replication.serve;

import io.tidemark.nbd.NbdAbility;
import io.tidemark.nbd.NbdExport;
import io.tidemark.nbd.NbdExtent;
import io.tidemark.nbd.NbdZeroMode;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.block.ZeroCause;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** A block device as the NBD server sees it. Threads: those of the server's connections. */
public record DeviceExport(BlockDevice device) implements NbdExport {
    private static final Set<NbdAbility> READ_ONLY = EnumSet.of(NbdAbility.MULTI_CONN, NbdAbility.BLOCK_STATUS);

    @Override
    public long sizeBytes() {
        return device.sizeBytes();
    }

    @Override
    public boolean readOnly() {
        return device.readOnly();
    }

    @Override
    public Set<NbdAbility> abilities() {
        return device.readOnly() ? READ_ONLY : NbdAbility.ALL_BUT_FAST_ZERO;
    }

    @Override
    public void read(long offset, ByteBuffer into) throws IOException {
        device.read(offset, into);
    }

    @Override
    public void write(long offset, ByteBuffer data) throws IOException {
        device.write(offset, data);
    }

    @Override
    public void writeZeroes(long offset, long lengthBytes, NbdZeroMode mode) throws IOException {
        device.writeZeroes(offset, lengthBytes, ZeroCause.WRITE_ZEROES);
    }

    @Override
    public void trim(long offset, long lengthBytes) throws IOException {
        device.writeZeroes(offset, lengthBytes, ZeroCause.TRIM);
    }

    @Override
    public void flush() throws IOException {
        device.flush();
    }

    @Override
    public List<NbdExtent> extents(long offset, long lengthBytes) throws IOException {
        return device.extents(offset, lengthBytes).stream()
                .map(extent -> new NbdExtent(extent.offset(), extent.lengthBytes(), content(extent.content())))
                .toList();
    }

    private static NbdExtent.Content content(BlockExtent.Content content) {
        return switch (content) {
            case DATA -> NbdExtent.Content.DATA;
            case ZERO -> NbdExtent.Content.ZERO_HOLE;
        };
    }
}
