package io.tidemark.journal.file;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file over {@link FileChannel}. Where it was opened for direct changes it has two channels: changes pass the page cache by, reads use it. The
 * kernel drops the pages of a range when a direct write of it ends, and nobody reads a range while it is being written.
 */
final class ChannelFile implements StoreFile {
    private static final Logger LOG = LoggerFactory.getLogger(ChannelFile.class);
    private static final AtomicBoolean SAID_NOT_DIRECT = new AtomicBoolean();

    private final Path path;
    private final FileChannel reader;
    private final FileChannel writer;

    private ChannelFile(Path path, FileChannel reader, FileChannel writer) {
        this.path = path;
        this.reader = reader;
        this.writer = writer;
    }

    static ChannelFile buffered(Path path, StandardOpenOption option) throws IOException {
        FileChannel channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE, option);
        return new ChannelFile(path, channel, channel);
    }

    static ChannelFile direct(Path path) throws IOException {
        FileChannel buffered = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            return new ChannelFile(path, buffered, directChannel(path, buffered));
        } catch (RuntimeException e) {
            buffered.close();
            throw e;
        }
    }

    private static FileChannel directChannel(Path path, FileChannel fallback) {
        try {
            return FileChannel.open(path, StandardOpenOption.WRITE, directOption());
        } catch (IOException | UnsupportedOperationException e) {
            if (SAID_NOT_DIRECT.compareAndSet(false, true)) {
                LOG.atWarn()
                        .addKeyValue("file", path)
                        .setCause(e)
                        .log("this file system takes no direct I/O; segments are written through the page cache");
            }
            return fallback;
        }
    }

    /** {@code com.sun.nio.file.ExtendedOpenOption.DIRECT}: supported, and yet javac cannot be kept from warning of its name. */
    private static OpenOption directOption() {
        try {
            for (Object option :
                    Class.forName("com.sun.nio.file.ExtendedOpenOption").getEnumConstants()) {
                if (option instanceof OpenOption open && option.toString().equals("DIRECT")) {
                    return open;
                }
            }
        } catch (ClassNotFoundException e) {
            throw new UnsupportedOperationException(
                    "this Java has no direct I/O: module jdk.unsupported is missing", e);
        }
        throw new UnsupportedOperationException("this Java has no direct I/O");
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public long lengthBytes() throws IOException {
        return reader.size();
    }

    @Override
    public long allocatedBytes() throws IOException {
        return KernelCalls.allocatedBytes(path).orElse(reader.size());
    }

    @Override
    public void read(long offset, ByteBuffer into) throws IOException {
        long at = offset;
        while (into.hasRemaining()) {
            int count = reader.read(into, at);
            if (count < 0) {
                throw new EOFException(path + " ends at " + reader.size() + ", before offset " + at + " plus "
                        + into.remaining() + " bytes");
            }
            at += count;
        }
    }

    @Override
    public void willRead(long offset, long lengthBytes) {
        try {
            KernelCalls.readAhead(path, offset, lengthBytes);
        } catch (IOException e) {
            LOG.atDebug().addKeyValue("file", path).setCause(e).log("not read ahead");
        }
    }

    @Override
    public void write(long offset, ByteBuffer data) throws IOException {
        long at = offset;
        while (data.hasRemaining()) {
            at += writer.write(data, at);
        }
    }

    /** Work on the writer threads. */
    private record Started(CompletableFuture<Void> done) implements PendingWrite {
        @Override
        public void await() throws IOException {
            try {
                done.join();
            } catch (CompletionException e) {
                throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
            }
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    private static Runnable unchecked(Work work) {
        return () -> {
            try {
                work.run();
            } catch (IOException e) {
                throw new CompletionException(e);
            }
        };
    }

    @Override
    public PendingWrite startWrite(long offset, ByteBuffer data) {
        return new Started(CompletableFuture.runAsync(unchecked(() -> write(offset, data)), WriterThreads.shared()));
    }

    @Override
    public PendingWrite startSync(List<PendingWrite> after) {
        CompletableFuture<Void> all = CompletableFuture.completedFuture(null);
        for (PendingWrite write : after) {
            CompletableFuture<Void> done =
                    switch (write) {
                        case Started(CompletableFuture<Void> future) -> future;
                        default -> throw new IllegalArgumentException("not a write of this kind of file: " + write);
                    };
            all = all.thenCombine(done, (one, other) -> other);
        }
        return new Started(all.thenRunAsync(unchecked(this::sync), WriterThreads.shared()));
    }

    @Override
    public void extend(long lengthBytes) throws IOException {
        long now = reader.size();
        if (now < lengthBytes && !KernelCalls.preallocate(path, now, lengthBytes - now)) {
            extendSparsely(lengthBytes);
        }
    }

    @Override
    public void extendSparsely(long lengthBytes) throws IOException {
        if (reader.size() < lengthBytes) {
            // One byte at the end makes a sparse file.
            ByteBuffer last = ByteBuffer.allocate(1);
            while (last.hasRemaining()) {
                reader.write(last, lengthBytes - 1);
            }
        }
    }

    @Override
    public void truncate(long lengthBytes) throws IOException {
        writer.truncate(lengthBytes);
    }

    @Override
    public boolean punchHole(long offset, long lengthBytes) throws IOException {
        return lengthBytes <= 0 || KernelCalls.punchHole(path, offset, lengthBytes);
    }

    @Override
    public MemorySegment map(long offset, long lengthBytes, Arena arena) throws IOException {
        return reader.map(FileChannel.MapMode.READ_ONLY, offset, lengthBytes, arena);
    }

    @Override
    public void sync() throws IOException {
        writer.force(false);
    }

    @Override
    public void close() throws IOException {
        // Both may be one; closing twice is harmless.
        try {
            writer.close();
        } finally {
            reader.close();
        }
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
