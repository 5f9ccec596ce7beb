package io.tidemark.journal.file;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
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
        return ChannelFile.buffered(file, StandardOpenOption.CREATE_NEW);
    }

    @Override
    public StoreFile open(Path file) throws IOException {
        return ChannelFile.buffered(file, StandardOpenOption.WRITE);
    }

    @Override
    public StoreFile openDirect(Path file) throws IOException {
        return ChannelFile.direct(file);
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

    @Override
    public Executor background() {
        return WriterThreads.background();
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
}
