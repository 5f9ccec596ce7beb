package io.tidemark.journal.file;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Real files, by {@link FileChannel}. A thread that is in here must not be interrupted: that closes the channel under all other threads.
 */
public final class FileStoreFiles implements StoreFiles {
    /**
     * What this process has locked. The system's lock alone is not enough: to it a process never collides with itself, and closing any
     * channel to a file gives up all locks of the process on that file.
     */
    private static final Set<Path> LOCKED_HERE = ConcurrentHashMap.newKeySet();

    @Override
    public StoreFile create(Path file) throws IOException {
        return new ChannelFile(
                file,
                FileChannel.open(
                        file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW));
    }

    @Override
    public StoreFile open(Path file) throws IOException {
        return new ChannelFile(file, FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE));
    }

    @Override
    public boolean exists(Path file) {
        return Files.exists(file);
    }

    @Override
    public void createFolder(Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            return;
        }
        Path parent = folder.toAbsolutePath().getParent();
        if (parent != null) {
            createFolder(parent);
        }
        try {
            Files.createDirectory(folder);
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(folder)) {
                throw e;
            }
            // Another thread was faster.
        }
        if (parent != null) {
            syncFolder(parent);
        }
    }

    @Override
    public List<Path> list(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    @Override
    public void delete(Path file) throws IOException {
        Files.delete(file);
    }

    @Override
    public void syncFolder(Path folder) throws IOException {
        // Linux lets a folder be opened for reading and fsynced like a file; Java has no call of its own for it.
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Override
    public StoreLock lock(Path file) throws IOException {
        Path name = file.toAbsolutePath().normalize();
        if (!LOCKED_HERE.add(name)) {
            throw new LockedException(file);
        }
        try {
            FileChannel channel = lockedChannel(file);
            return () -> {
                try {
                    channel.close();
                } finally {
                    LOCKED_HERE.remove(name);
                }
            };
        } catch (IOException | RuntimeException e) {
            LOCKED_HERE.remove(name);
            throw e;
        }
    }

    private static FileChannel lockedChannel(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
        try {
            if (channel.tryLock() == null) {
                throw new LockedException(file);
            }
            return channel;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static final class ChannelFile implements StoreFile {
        private final Path path;
        private final FileChannel channel;

        ChannelFile(Path path, FileChannel channel) {
            this.path = path;
            this.channel = channel;
        }

        @Override
        public Path path() {
            return path;
        }

        @Override
        public long lengthBytes() throws IOException {
            return channel.size();
        }

        @Override
        public void read(long offset, ByteBuffer into) throws IOException {
            long at = offset;
            while (into.hasRemaining()) {
                int count = channel.read(into, at);
                if (count < 0) {
                    throw new EOFException(path + " ends at " + channel.size() + ", before offset " + at + " plus "
                            + into.remaining() + " bytes");
                }
                at += count;
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
        public void extend(long lengthBytes) throws IOException {
            // One byte at the end makes a sparse file; fallocate, which reserves the room too, is out of a
            // FileChannel's reach.
            if (channel.size() < lengthBytes) {
                write(lengthBytes - 1, ByteBuffer.allocate(1));
            }
        }

        @Override
        public void truncate(long lengthBytes) throws IOException {
            channel.truncate(lengthBytes);
        }

        @Override
        public void sync() throws IOException {
            channel.force(false);
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }

        @Override
        public String toString() {
            return path.toString();
        }
    }
}
