package io.tidemark.launcher.foldertarget;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.block.ZeroCause;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** A disk in a file, to be read. */
record FileDisk(FileChannel file, long sizeBytes) implements BlockDevice {
    static FileDisk open(Path path) throws IOException {
        FileChannel file = FileChannel.open(path, StandardOpenOption.READ);
        return new FileDisk(file, file.size());
    }

    @Override
    public boolean readOnly() {
        return true;
    }

    @Override
    public void read(long offset, ByteBuffer into) throws IOException {
        long at = offset;
        while (into.hasRemaining()) {
            int read = file.read(into, at);
            if (read < 0) {
                throw new EOFException();
            }
            at += read;
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
    public List<BlockExtent> extents(long offset, long lengthBytes) {
        return List.of(new BlockExtent(offset, lengthBytes, BlockExtent.Content.DATA));
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
