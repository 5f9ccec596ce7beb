package io.tidemark.server.host;

import io.tidemark.nbd.NbdAbility;
import io.tidemark.nbd.NbdClient;
import io.tidemark.nbd.NbdExtent;
import io.tidemark.nbd.NbdZeroMode;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.block.ZeroCause;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** An export of another process as a block device. Calls of several threads go one after the other. */
record RemoteDevice(NbdClient client) implements BlockDevice {
    private static final int ZERO_PIECE_BYTES = 1 << 20;

    @Override
    public long sizeBytes() {
        return client.sizeBytes();
    }

    @Override
    public boolean readOnly() {
        return client.readOnly();
    }

    @Override
    public void read(long offset, ByteBuffer into) throws IOException {
        client.read(offset, into);
    }

    @Override
    public void write(long offset, ByteBuffer data) throws IOException {
        client.write(offset, data);
    }

    /** Never NBD's TRIM: what it leaves behind need not be zeroes. */
    @Override
    public void writeZeroes(long offset, long lengthBytes, ZeroCause cause) throws IOException {
        if (client.abilities().contains(NbdAbility.WRITE_ZEROES)) {
            client.writeZeroes(
                    offset, lengthBytes, cause == ZeroCause.TRIM ? NbdZeroMode.MAY_TRIM : NbdZeroMode.KEEP_ALLOCATED);
            return;
        }
        ByteBuffer zeroes = ByteBuffer.allocate((int) Math.min(lengthBytes, ZERO_PIECE_BYTES));
        for (long at = offset; at < offset + lengthBytes; at += zeroes.limit()) {
            zeroes.clear().limit((int) Math.min(ZERO_PIECE_BYTES, offset + lengthBytes - at));
            client.write(at, zeroes);
        }
    }

    @Override
    public void flush() throws IOException {
        client.flush();
    }

    @Override
    public List<BlockExtent> extents(long offset, long lengthBytes) throws IOException {
        return client.blockStatus(offset, lengthBytes).stream()
                .map(extent -> new BlockExtent(extent.offset(), extent.lengthBytes(), content(extent.content())))
                .toList();
    }

    private static BlockExtent.Content content(NbdExtent.Content content) {
        return content.readsAsZeroes() ? BlockExtent.Content.ZERO : BlockExtent.Content.DATA;
    }

    @Override
    public void close() {
        client.close();
    }
}
