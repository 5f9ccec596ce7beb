package io.tidemark.journal.file;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * The files of a store. Any thread. What is created, renamed or deleted is durable only after {@link #syncFolder} of its folder; what is
 * written only after {@link StoreFile#sync}.
 */
public interface StoreFiles {
    /** Makes a new, empty file. @throws java.nio.file.FileAlreadyExistsException if there is one */
    StoreFile create(Path file) throws IOException;

    /** Opens a file for reading and writing. @throws java.nio.file.NoSuchFileException if there is none */
    StoreFile open(Path file) throws IOException;

    /**
     * Opens a file for changes that pass the page cache by, where the file system can do that; elsewhere like {@link #open}. Offset, length
     * and address of each change must be multiples of {@link StoreFile#DIRECT_ALIGNMENT_BYTES}; reads and mappings may be of any place.
     */
    StoreFile openDirect(Path file) throws IOException;

    boolean exists(Path file) throws IOException;

    /** Makes a folder and those above it, durably; does nothing where they exist. */
    void createFolder(Path folder) throws IOException;

    /** The files and folders in a folder, in no order; empty if there is no such folder. */
    List<Path> list(Path folder) throws IOException;

    /** Renames within a file system, in one step; replaces what has that name. */
    void rename(Path from, Path to) throws IOException;

    /** Deletes a file or an empty folder. */
    void delete(Path file) throws IOException;

    /** Makes creations, renames and deletions in a folder durable. */
    void syncFolder(Path folder) throws IOException;

    /**
     * Takes a lock that ends with {@link StoreLock#close} or with this process.
     *
     * @throws LockedException if it is taken, by this process or another
     */
    StoreLock lock(Path file) throws IOException;

    /** Runs work on these files that nobody waits for. */
    Executor background();

    /** A lock that is held until it is closed. */
    interface StoreLock extends AutoCloseable {
        @Override
        void close() throws IOException;
    }

    /** Somebody else has the lock. */
    final class LockedException extends IOException {
        public LockedException(Path file) {
            super(file + " is locked: its owner is still running");
        }
    }
}
