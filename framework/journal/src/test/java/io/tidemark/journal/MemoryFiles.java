package io.tidemark.journal;

import io.tidemark.journal.file.StoreFile;
import io.tidemark.journal.file.StoreFiles;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A file system in memory that knows what is durable and what is not. A crash keeps, loses or tears (at 512 bytes) each change that was not
 * fsynced, and undoes any tail of the renames, creations and deletions whose folder was not. A failed fsync behaves as on Linux: what it should
 * have written stays visible, and no later fsync writes it.
 */
final class MemoryFiles implements StoreFiles {
    /** What a crash does to what was not fsynced. */
    enum Survival {
        NOTHING,
        EVERYTHING,
        RANDOM
    }

    /** The calls that can fail. */
    enum Call {
        CREATE,
        OPEN,
        LIST,
        RENAME,
        DELETE,
        SYNC_FOLDER,
        READ,
        WRITE,
        PUNCH,
        EXTEND,
        TRUNCATE,
        SYNC;

        boolean changes() {
            return this != OPEN && this != LIST && this != READ;
        }
    }

    /** What a call does instead of what it should. */
    enum Fault {
        NONE,
        /** The process dies in this call: it and all after it throw. */
        CRASH,
        /** Nothing is done; an error is thrown. */
        ERROR,
        /** A write puts down its first half, then an error is thrown. Elsewhere like {@link #ERROR}. */
        HALF,
        /** Nothing is done and nothing thrown: a disk that lies. */
        LIE
    }

    /** Decides, call by call. */
    interface Faults {
        Fault on(Call call, Path file);
    }

    /** Thrown by everything once the process is dead. */
    static final class Crashed extends IOException {
        Crashed() {
            super("the process died");
        }
    }

    /** A change of names: a null inode unlinks; {@code from} is what a rename unlinks too. */
    private record NameChange(Path folder, Map<Path, MemoryInode> links, Set<Path> unlinks) {
        void applyTo(Map<Path, MemoryInode> names) {
            unlinks.forEach(names::remove);
            names.putAll(links);
        }
    }

    private final Map<Path, MemoryInode> names = new TreeMap<>();
    private final Map<Path, MemoryInode> durableNames = new TreeMap<>();
    private final List<NameChange> pendingNames = new ArrayList<>();
    private final Set<Path> locks = new HashSet<>();
    private Faults faults = (call, file) -> Fault.NONE;
    private Executor background = Runnable::run;
    private boolean dead;
    private @Nullable Random slowWrites;
    private int changes;

    synchronized void setFaults(Faults chosen) {
        faults = chosen;
    }

    /** From now on some started writes reach the file only when they are waited for, in that order. */
    synchronized void setSlowWrites(Random random) {
        slowWrites = random;
    }

    synchronized boolean isSlowNow() {
        return slowWrites != null && slowWrites.nextBoolean();
    }

    /** A write, which may stop halfway. */
    synchronized void write(Path path, MemoryInode inode, long offset, byte[] bytes) throws IOException {
        Fault fault = dead ? Fault.NONE : faults.on(Call.WRITE, path);
        if (fault == Fault.HALF) {
            changes++;
            inode.change(MemoryInode.Change.write(offset, Arrays.copyOf(bytes, bytes.length / 2)));
            throw new IOException("injected short write of " + path);
        }
        Faults all = faults;
        faults = (call, file) -> fault;
        try {
            boolean work = enter(Call.WRITE, path);
            if (work || dead) {
                inode.change(MemoryInode.Change.write(offset, bytes));
            }
        } finally {
            faults = all;
        }
        leave();
    }

    synchronized boolean isDead() {
        return dead;
    }

    /** How many calls changed something so far. */
    synchronized int changes() {
        return changes;
    }

    /** The file system as the next process finds it. */
    synchronized MemoryFiles afterCrash(Random random, Survival survival) {
        MemoryFiles next = new MemoryFiles();
        Map<Path, MemoryInode> kept = new TreeMap<>(durableNames);
        int keptChanges =
                switch (survival) {
                    case NOTHING -> 0;
                    case EVERYTHING -> pendingNames.size();
                    case RANDOM -> random.nextInt(pendingNames.size() + 1);
                };
        pendingNames.subList(0, keptChanges).forEach(change -> change.applyTo(kept));
        IdentityHashMap<MemoryInode, MemoryInode> inodes = new IdentityHashMap<>();
        kept.forEach((path, inode) -> {
            MemoryInode survivor = inodes.computeIfAbsent(inode, i -> i.afterCrash(random, survival));
            next.names.put(path, survivor);
            next.durableNames.put(path, survivor);
        });
        return next;
    }

    /** A copy that shares nothing, with everything durable. */
    synchronized MemoryFiles copy() {
        MemoryFiles copy = new MemoryFiles();
        names.forEach((path, inode) -> copy.put(path, inode.current.clone()));
        return copy;
    }

    /** Puts a file there, durably. */
    synchronized void put(Path path, byte[] contents) {
        MemoryInode inode = new MemoryInode();
        inode.current = contents;
        inode.durable = contents.clone();
        names.put(path, inode);
        durableNames.put(path, inode);
    }

    synchronized byte[] contents(Path path) {
        MemoryInode inode = names.get(path);
        if (inode == null) {
            throw new AssertionError("no file " + path + " among " + names.keySet());
        }
        return inode.current.clone();
    }

    /** Damages a byte at rest, or mends it: it is another one from now on, also after a crash. */
    synchronized void flip(Path path, int at) {
        MemoryInode inode = names.get(path);
        if (inode == null) {
            throw new AssertionError("no file " + path);
        }
        inode.current[at] ^= 1;
        inode.durable[at] ^= 1;
    }

    synchronized List<Path> allFiles() {
        return List.copyOf(names.keySet());
    }

    /** @return whether the call is to do its work */
    boolean enter(Call call, Path file) throws IOException {
        if (dead) {
            throw new Crashed();
        }
        if (call.changes()) {
            changes++;
        }
        Fault fault = faults.on(call, file);
        return switch (fault) {
            case NONE -> true;
            case LIE -> false;
            case CRASH -> {
                dead = true;
                yield false;
            }
            case ERROR, HALF -> throw new IOException("injected fault in " + call + " of " + file);
        };
    }

    void leave() throws IOException {
        if (dead) {
            throw new Crashed();
        }
    }

    @Override
    public synchronized StoreFile create(Path file) throws IOException {
        if (names.containsKey(file)) {
            throw new FileAlreadyExistsException(file.toString());
        }
        enter(Call.CREATE, file);
        MemoryInode inode = new MemoryInode();
        rename(new NameChange(folder(file), Map.of(file, inode), Set.of()));
        leave();
        return new MemoryFile(this, file, inode);
    }

    private void rename(NameChange change) {
        change.applyTo(names);
        pendingNames.add(change);
    }

    private static Path folder(Path file) {
        Path parent = file.getParent();
        if (parent == null) {
            throw new AssertionError(file + " is in no folder");
        }
        return parent;
    }

    @Override
    public synchronized StoreFile open(Path file) throws IOException {
        enter(Call.OPEN, file);
        leave();
        MemoryInode inode = names.get(file);
        if (inode == null) {
            throw new NoSuchFileException(file.toString());
        }
        return new MemoryFile(this, file, inode);
    }

    @Override
    public synchronized StoreFile openDirect(Path file) throws IOException {
        return ((MemoryFile) open(file)).forDirectChanges();
    }

    @Override
    public synchronized boolean exists(Path file) throws IOException {
        leave();
        return names.containsKey(file);
    }

    @Override
    public void createFolder(Path folder) {
        // Folders are only prefixes of names here.
    }

    @Override
    public synchronized List<Path> list(Path folder) throws IOException {
        enter(Call.LIST, folder);
        leave();
        return names.keySet().stream()
                .filter(path -> folder.equals(path.getParent()))
                .toList();
    }

    @Override
    public synchronized void rename(Path from, Path to) throws IOException {
        MemoryInode inode = names.get(from);
        if (inode == null) {
            throw new NoSuchFileException(from.toString());
        }
        enter(Call.RENAME, to);
        rename(new NameChange(folder(to), Map.of(to, inode), Set.of(from)));
        leave();
    }

    @Override
    public synchronized void delete(Path file) throws IOException {
        if (!names.containsKey(file)) {
            if (list(file).isEmpty() && names.keySet().stream().noneMatch(path -> path.startsWith(file))) {
                return;
            }
            throw new NoSuchFileException(file.toString());
        }
        enter(Call.DELETE, file);
        rename(new NameChange(folder(file), Map.of(), Set.of(file)));
        leave();
    }

    @Override
    public synchronized void syncFolder(Path folder) throws IOException {
        boolean work = enter(Call.SYNC_FOLDER, folder);
        leave();
        if (work) {
            pendingNames.stream()
                    .filter(change -> change.folder.equals(folder))
                    .forEach(change -> change.applyTo(durableNames));
            pendingNames.removeIf(change -> change.folder.equals(folder));
        }
    }

    /** At once and on the same thread, so that every run of a test is the same. */
    @Override
    public synchronized Executor background() {
        return background;
    }

    synchronized void setBackground(Executor executor) {
        background = executor;
    }

    @Override
    public synchronized StoreLock lock(Path file) throws IOException {
        leave();
        if (!locks.add(file)) {
            throw new LockedException(file);
        }
        return () -> {
            synchronized (this) {
                locks.remove(file);
            }
        };
    }
}
