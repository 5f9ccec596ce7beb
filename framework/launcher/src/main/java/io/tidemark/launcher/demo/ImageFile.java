package io.tidemark.launcher.demo;

import io.tidemark.nbd.NbdExport;
import io.tidemark.nbd.NbdZeroMode;
import io.tidemark.spi.block.BlockDevice;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A disk that was read back from a target, in a file, as any hypervisor can use it. Safe for use by several threads. */
record ImageFile(FileChannel file, long sizeBytes) implements NbdExport, AutoCloseable {
    private static final int CHUNK_BYTES = 1 << 20;

    /**
     * Copies a disk into a new file.
     *
     * @param sizeBytes of the disk; targets may keep more than that, rounded up
     */
    static ImageFile copyOf(BlockDevice device, long sizeBytes, Path into) throws IOException {
        if (device.sizeBytes() < sizeBytes) {
            throw new IOException("the recovered disk has " + device.sizeBytes() + " of " + sizeBytes + " bytes");
        }
        FileChannel file = FileChannel.open(
                into, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
        ImageFile image = new ImageFile(file, sizeBytes);
        try {
            ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
            for (long offset = 0; offset < sizeBytes; offset += CHUNK_BYTES) {
                chunk.clear().limit((int) Math.min(CHUNK_BYTES, sizeBytes - offset));
                device.read(offset, chunk);
                image.write(offset, chunk.flip());
            }
            return image;
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    @Override
    public boolean readOnly() {
        return false;
    }

    @Override
    public void read(long offset, ByteBuffer into) throws IOException {
        long at = offset;
        while (into.hasRemaining()) {
            int read = file.read(into, at);
            if (read < 0) {
                throw new EOFException("the image ends at " + at);
            }
            at += read;
        }
    }

    @Override
    public void write(long offset, ByteBuffer data) throws IOException {
        long at = offset;
        while (data.hasRemaining()) {
            at += file.write(data, at);
        }
    }

    @Override
    public void writeZeroes(long offset, long lengthBytes, NbdZeroMode mode) throws IOException {
        ByteBuffer zeroes = ByteBuffer.allocate((int) Math.min(CHUNK_BYTES, lengthBytes));
        for (long done = 0; done < lengthBytes; done += zeroes.capacity()) {
            zeroes.clear().limit((int) Math.min(zeroes.capacity(), lengthBytes - done));
            write(offset + done, zeroes);
        }
    }

    @Override
    public void trim(long offset, long lengthBytes) {
        // What is trimmed may read as anything.
    }

    @Override
    public void flush() throws IOException {
        file.force(false);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
