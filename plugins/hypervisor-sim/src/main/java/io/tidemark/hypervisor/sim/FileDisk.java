package io.tidemark.hypervisor.sim;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.block.BlockExtent.Content;
import io.tidemark.spi.block.ZeroCause;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A disk whose contents are a sparse file. Any thread. */
final class FileDisk implements BlockDevice {
    /** Zeroes are looked for in pieces of this size, which keeps the answer short. */
    private static final int PIECE_BYTES = 65536;

    private static final ByteBuffer ZEROES =
            ByteBuffer.allocateDirect(PIECE_BYTES).asReadOnlyBuffer();

    private final RandomAccessFile file;
    private final FileChannel channel;
    private volatile long sizeBytes;

    /** Opens the file, or makes an empty one; it gets the size that is asked for. */
    FileDisk(Path path, long sizeBytes) throws IOException {
        this.file = new RandomAccessFile(path.toFile(), "rw");
        this.channel = file.getChannel();
        this.sizeBytes = sizeBytes;
        if (file.length() != sizeBytes) {
            file.setLength(sizeBytes); // a file made longer this way is sparse
        }
    }

    void grow(long changedSizeBytes) throws IOException {
        file.setLength(changedSizeBytes);
        sizeBytes = changedSizeBytes;
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
        long at = offset;
        while (into.hasRemaining()) {
            int read = channel.read(into, at);
            if (read < 0) {
                throw new EOFException("the disk's file ends at " + at + ", before its size of " + sizeBytes);
            }
            at += read;
        }
    }

    @Override
    public void write(long offset, ByteBuffer data) throws IOException {
        long at = offset;
        while (data.hasRemaining()) {
            at += channel.write(data, at);
        }
    }

    @Override
    public void writeZeroes(long offset, long lengthBytes, ZeroCause cause) throws IOException {
        for (long at = offset; at < offset + lengthBytes; at += PIECE_BYTES) {
            write(at, ZEROES.slice(0, (int) Math.min(PIECE_BYTES, offset + lengthBytes - at)));
        }
    }

    @Override
    public void flush() throws IOException {
        channel.force(false);
    }

    /** Looks for zeroes by reading: the JDK cannot ask a file for its holes, and reading holes is cheap. */
    @Override
    public List<BlockExtent> extents(long offset, long lengthBytes) throws IOException {
        List<BlockExtent> extents = new ArrayList<>();
        ByteBuffer piece = ByteBuffer.allocate(PIECE_BYTES);
        long end = offset + lengthBytes;
        long start = offset;
        Content running = Content.ZERO;
        for (long at = offset; at < end; ) {
            long next = Math.min(end, (at / PIECE_BYTES + 1) * PIECE_BYTES);
            piece.clear().limit((int) (next - at));
            read(at, piece);
            Content content = isZero(piece.flip()) ? Content.ZERO : Content.DATA;
            if (content != running && at > start) {
                extents.add(new BlockExtent(start, at - start, running));
                start = at;
            }
            running = content;
            at = next;
        }
        if (end > start) {
            extents.add(new BlockExtent(start, end - start, running));
        }
        return extents;
    }

    @Override
    public void close() throws IOException {
        file.close();
    }

    /** Whether all bytes that remain are zero; at most {@value #PIECE_BYTES} of them. */
    static boolean isZero(ByteBuffer bytes) {
        return bytes.mismatch(ZEROES.slice(0, bytes.remaining())) < 0;
    }
}
