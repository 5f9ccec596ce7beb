package io.tidemark.hypervisor.vsphere.datastore;

import io.tidemark.spi.block.BlockDevice;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.function.LongConsumer;

/** A block device from its first byte to its last, read ahead in pieces. One thread at a time. */
public final class DeviceStream extends InputStream {
    private static final int PIECE_BYTES = 1 << 20;

    private final BlockDevice device;
    private final LongConsumer progress;
    private final ByteBuffer piece = ByteBuffer.allocate(PIECE_BYTES).limit(0);
    private long at;

    /** @param progress told how many bytes were read so far */
    public DeviceStream(BlockDevice device, LongConsumer progress) {
        this.device = device;
        this.progress = progress;
    }

    @Override
    public int read() throws IOException {
        return fill() ? piece.get() & 0xff : -1;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int count = Math.min(length, piece.remaining());
        piece.get(into, offset, count);
        return count;
    }

    /** @return whether there is anything to read */
    private boolean fill() throws IOException {
        if (!piece.hasRemaining() && at < device.sizeBytes()) {
            piece.clear().limit((int) Math.min(PIECE_BYTES, device.sizeBytes() - at));
            device.read(at, piece);
            piece.flip();
            at += piece.limit();
            progress.accept(at);
        }
        return piece.hasRemaining();
    }
}
