package io.tidemark.hypervisor.vsphere.hostsimulator;

import io.tidemark.spi.block.BlockExtent;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The {@code -flat.vmdk} of a disk: its contents and nothing else, sparse. Any thread. */
final class FlatFile implements AutoCloseable {
    static final String SUFFIX = "-flat.vmdk";

    private static final int PIECE_BYTES = 65536;
    private static final ByteBuffer ZEROES =
            ByteBuffer.allocateDirect(PIECE_BYTES).asReadOnlyBuffer();

    private final Path path;
    private final RandomAccessFile file;
    private final FileChannel channel;
    private final @Nullable Object key;

    /** Opens the file, made longer where it is shorter than the disk: a vCenter that is simulated makes empty ones. */
    FlatFile(Path path, long sizeBytes) throws IOException {
        if (!Files.isRegularFile(path)) {
            throw new IOException(path + " is not there, or is no file");
        }
        this.path = path;
        this.file = new RandomAccessFile(path.toFile(), "rw");
        this.channel = file.getChannel();
        try {
            grow(sizeBytes);
            this.key = Stamp.of(path).key();
        } catch (IOException failed) {
            file.close();
            throw failed;
        }
    }

    /** Makes the file longer, never shorter. */
    void grow(long sizeBytes) throws IOException {
        if (file.length() > sizeBytes) {
            throw new IOException(path + " has " + file.length() + " bytes, more than the disk of " + sizeBytes);
        }
        if (file.length() < sizeBytes) {
            file.setLength(sizeBytes);
        }
    }

    void read(long offset, ByteBuffer into) throws IOException {
        long at = offset;
        while (into.hasRemaining()) {
            int read = channel.read(into, at);
            if (read < 0) {
                throw new EOFException(path + " ends at " + at);
            }
            at += read;
        }
    }

    void write(long offset, ByteBuffer data) throws IOException {
        ByteBuffer left = data.duplicate();
        long at = offset;
        while (left.hasRemaining()) {
            at += channel.write(left, at);
        }
    }

    void zero(long offset, long lengthBytes) throws IOException {
        for (long at = offset; at < offset + lengthBytes; at += PIECE_BYTES) {
            write(at, ZEROES.slice(0, (int) Math.min(PIECE_BYTES, offset + lengthBytes - at)));
        }
    }

    void flush() throws IOException {
        channel.force(false);
    }

    /** Whether a range holds nothing but zeroes; found out by reading, as the JDK cannot ask a file for its holes. */
    BlockExtent.Content contentOf(long offset, long lengthBytes, ByteBuffer scratch) throws IOException {
        scratch.clear().limit(Math.toIntExact(lengthBytes));
        read(offset, scratch);
        scratch.flip();
        for (int at = 0; at < scratch.limit(); at += PIECE_BYTES) {
            int length = Math.min(PIECE_BYTES, scratch.limit() - at);
            if (scratch.slice(at, length).mismatch(ZEROES.slice(0, length)) >= 0) {
                return BlockExtent.Content.DATA;
            }
        }
        return BlockExtent.Content.ZERO;
    }

    Stamp stamp() throws IOException {
        return Stamp.of(path);
    }

    /** Whether another file has the name now. */
    boolean isReplaced() throws IOException {
        return !Objects.equals(key, Stamp.of(path).key());
    }

    @Override
    public void close() throws IOException {
        file.close();
    }

    /** What tells that nobody has written to the file or put another in its place. */
    record Stamp(@Nullable Object key, FileTime modified) {
        static Stamp of(Path path) throws IOException {
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            return new Stamp(attributes.fileKey(), attributes.lastModifiedTime());
        }
    }
}
