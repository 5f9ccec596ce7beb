package io.tidemark.server;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/** The data folder of one server, held by an exclusive lock so that no second process works in it. */
final class DataFolder implements AutoCloseable {
    private static final int OWNER_TEXT_BYTES = 32;

    private final Path root;
    private final FileChannel lockFile;

    private DataFolder(Path root, FileChannel lockFile) {
        this.root = root;
        this.lockFile = lockFile;
    }

    /**
     * Creates the folder where it is missing, readable by its owner only, and locks it.
     *
     * @throws IOException also when another server holds it; the message says which process
     */
    static DataFolder lock(Path root) throws IOException {
        if (!Files.isDirectory(root)) {
            Path parent = root.toAbsolutePath().getParent();
            if (parent != null) {
                Files.createDirectories(parent);
            }
            Files.createDirectory(
                    root, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        FileChannel channel = FileChannel.open(
                root.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            if (tryLock(channel) == null) {
                throw new IOException(
                        "The data folder " + root.toAbsolutePath() + " is in use by another Tidemark server (process "
                                + owner(channel)
                                + "). Two servers in one folder would destroy its data. Stop the other one, or give this one "
                                + "a folder of its own with --data.");
            }
            channel.truncate(0);
            channel.write(
                    ByteBuffer.wrap(Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII)),
                    0);
            return new DataFolder(root.toRealPath(), channel);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException heldByThisProcess) {
            return null;
        }
    }

    private static String owner(FileChannel channel) throws IOException {
        ByteBuffer text = ByteBuffer.allocate(OWNER_TEXT_BYTES);
        channel.read(text, 0);
        String pid = new String(text.array(), 0, text.position(), StandardCharsets.US_ASCII).trim();
        return pid.isEmpty() ? "unknown" : pid;
    }

    Path root() {
        return root;
    }

    /** A folder inside; created where missing. */
    Path subfolder(String name) throws IOException {
        return Files.createDirectories(root.resolve(name));
    }

    /** Lets go of the folder. The lock file stays: removing it would let two processes lock two different files. */
    @Override
    public void close() throws IOException {
        lockFile.close();
    }
}
