package io.tidemark.launcher.journal;

import io.tidemark.journal.file.FileStoreFiles;
import io.tidemark.journal.file.StoreFile;
import io.tidemark.journal.file.StoreFiles;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;

/**
 * The files of a store, read where they are and changed beside them: a file is copied to a temporary folder before its first change, and what
 * is made, renamed or deleted is so in memory only. The lock alone is the real one. Safe for use by several threads.
 */
final class BesideFiles implements StoreFiles, AutoCloseable {
    private final StoreFiles real = new FileStoreFiles();
    private final Path temporary;
    private final Map<Path, Place> changed = new HashMap<>();
    private final Set<Path> deleted = new HashSet<>();
    private int copies;

    BesideFiles() throws IOException {
        this.temporary = Files.createTempDirectory("tidemark-journal-");
    }

    /** Where the contents of one file are. Guarded by this object of files. */
    static final class Place {
        private Path actual;
        private boolean copied;

        private Place(Path actual, boolean copied) {
            this.actual = actual;
            this.copied = copied;
        }
    }

    private static Path name(Path file) {
        return file.toAbsolutePath().normalize();
    }

    private Path nextCopy() {
        copies++;
        return temporary.resolve(Integer.toString(copies));
    }

    private Place place(Path file) throws NoSuchFileException {
        Path name = name(file);
        Place known = changed.get(name);
        if (known != null) {
            return known;
        }
        if (deleted.contains(name) || !Files.exists(name)) {
            throw new NoSuchFileException(file.toString());
        }
        Place original = new Place(name, false);
        changed.put(name, original);
        return original;
    }

    /** Where a file is now. */
    synchronized Path actual(Place place) {
        return place.actual;
    }

    /** Where a file may be changed. */
    synchronized Path changeable(Place place) throws IOException {
        if (!place.copied) {
            Path copy = nextCopy();
            Files.copy(place.actual, copy);
            place.actual = copy;
            place.copied = true;
        }
        return place.actual;
    }

    @Override
    public synchronized StoreFile create(Path file) throws IOException {
        if (exists(file)) {
            throw new FileAlreadyExistsException(file.toString());
        }
        Path made = nextCopy();
        real.create(made).close();
        Place place = new Place(made, true);
        changed.put(name(file), place);
        return new BesideFile(this, real, place, file);
    }

    @Override
    public synchronized StoreFile open(Path file) throws IOException {
        return new BesideFile(this, real, place(file), file);
    }

    @Override
    public StoreFile openDirect(Path file) throws IOException {
        return open(file);
    }

    @Override
    public synchronized boolean exists(Path file) {
        Path name = name(file);
        return changed.containsKey(name) || (!deleted.contains(name) && Files.exists(name));
    }

    @Override
    public void createFolder(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new IOException(folder + " is not made: nothing is to be changed");
        }
    }

    @Override
    public synchronized List<Path> list(Path folder) throws IOException {
        Set<Path> names = new HashSet<>(real.list(name(folder)));
        names.removeAll(deleted);
        changed.keySet().stream()
                .filter(file -> name(folder).equals(file.getParent()))
                .forEach(names::add);
        List<Path> files = new ArrayList<>();
        names.forEach(file -> files.add(folder.resolve(String.valueOf(file.getFileName()))));
        return files;
    }

    @Override
    public synchronized void rename(Path from, Path to) throws IOException {
        Place moved = place(from);
        changed.remove(name(from));
        deleted.add(name(from));
        changed.put(name(to), moved);
    }

    @Override
    public synchronized void delete(Path file) throws IOException {
        var _ = place(file);
        changed.remove(name(file));
        deleted.add(name(file));
    }

    @Override
    public void syncFolder(Path folder) {
        // What is beside the store goes when this is closed.
    }

    @Override
    public StoreLock lock(Path file) throws IOException {
        return real.lock(file);
    }

    @Override
    public Executor background() {
        return real.background();
    }

    /** Deletes what was put beside the store. */
    @Override
    public void close() throws IOException {
        Files.walkFileTree(temporary, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }
        });
        Files.delete(temporary);
    }
}
