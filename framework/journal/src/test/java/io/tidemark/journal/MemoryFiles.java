package io.tidemark.journal;

import io.tidemark.journal.file.StoreFile;
import io.tidemark.journal.file.StoreFiles;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
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

    private static final class Change {
        private final long offset;
        private final byte[] data;
        private final long newLength;

        Change(long offset, byte[] data, long newLength) {
            this.offset = offset;
            this.data = data;
            this.newLength = newLength;
        }

        static Change write(long offset, byte[] data) {
            return new Change(offset, data, -1);
        }

        static Change resize(long length) {
            return new Change(0, new byte[0], length);
        }

        boolean isResize() {
            return newLength >= 0;
        }
    }

    private static final class Inode {
        private byte[] current = new byte[0];
        private byte[] durable = new byte[0];
        private final List<Change> pending = new ArrayList<>();

        void change(Change change) {
            current = apply(current, change);
            pending.add(change);
        }

        static byte[] apply(byte[] bytes, Change change) {
            if (change.isResize()) {
                return Arrays.copyOf(bytes, Math.toIntExact(change.newLength));
            }
            int end = Math.toIntExact(change.offset + change.data.length);
            byte[] target = bytes.length < end ? Arrays.copyOf(bytes, end) : bytes;
            System.arraycopy(change.data, 0, target, (int) change.offset, change.data.length);
            return target;
        }

        void sync() {
            for (Change change : pending) {
                durable = apply(durable, change);
            }
            pending.clear();
        }

        void failSync() {
            pending.clear();
        }

        Inode afterCrash(Random random, Survival survival) {
            byte[] bytes = durable.clone();
            for (Change change : pending) {
                for (Change part : sectors(change)) {
                    boolean kept =
                            switch (survival) {
                                case NOTHING -> false;
                                case EVERYTHING -> true;
                                case RANDOM -> random.nextBoolean();
                            };
                    bytes = kept ? apply(bytes, part) : bytes;
                }
            }
            Inode inode = new Inode();
            inode.current = bytes;
            inode.durable = bytes.clone();
            return inode;
        }

        private static List<Change> sectors(Change change) {
            if (change.isResize()) {
                return List.of(change);
            }
            List<Change> parts = new ArrayList<>();
            for (int at = 0; at < change.data.length; ) {
                int part = (int) Math.min(change.data.length - at, 512 - (change.offset + at) % 512);
                parts.add(Change.write(change.offset + at, Arrays.copyOfRange(change.data, at, at + part)));
                at += part;
            }
            return parts;
        }
    }

    /** A change of names: a null inode unlinks; {@code from} is what a rename unlinks too. */
    private record NameChange(Path folder, Map<Path, Inode> links, Set<Path> unlinks) {
        void applyTo(Map<Path, Inode> names) {
            unlinks.forEach(names::remove);
            names.putAll(links);
        }
    }

    private final Map<Path, Inode> names = new TreeMap<>();
    private final Map<Path, Inode> durableNames = new TreeMap<>();
    private final List<NameChange> pendingNames = new ArrayList<>();
    private final Set<Path> locks = new HashSet<>();
    private Faults faults = (call, file) -> Fault.NONE;
    private boolean dead;
    private int changes;

    synchronized void setFaults(Faults chosen) {
        faults = chosen;
    }

    /** How many calls changed something so far. */
    synchronized int changes() {
        return changes;
    }

    /** The file system as the next process finds it. */
    synchronized MemoryFiles afterCrash(Random random, Survival survival) {
        MemoryFiles next = new MemoryFiles();
        Map<Path, Inode> kept = new TreeMap<>(durableNames);
        int keptChanges =
                switch (survival) {
                    case NOTHING -> 0;
                    case EVERYTHING -> pendingNames.size();
                    case RANDOM -> random.nextInt(pendingNames.size() + 1);
                };
        pendingNames.subList(0, keptChanges).forEach(change -> change.applyTo(kept));
        IdentityHashMap<Inode, Inode> inodes = new IdentityHashMap<>();
        kept.forEach((path, inode) -> {
            Inode survivor = inodes.computeIfAbsent(inode, i -> i.afterCrash(random, survival));
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
        Inode inode = new Inode();
        inode.current = contents;
        inode.durable = contents.clone();
        names.put(path, inode);
        durableNames.put(path, inode);
    }

    synchronized byte[] contents(Path path) {
        Inode inode = names.get(path);
        if (inode == null) {
            throw new AssertionError("no file " + path + " among " + names.keySet());
        }
        return inode.current.clone();
    }

    synchronized List<Path> allFiles() {
        return List.copyOf(names.keySet());
    }

    /** @return whether the call is to do its work */
    private boolean enter(Call call, Path file) throws IOException {
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

    private void leave() throws IOException {
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
        Inode inode = new Inode();
        rename(new NameChange(folder(file), Map.of(file, inode), Set.of()));
        leave();
        return new Handle(file, inode);
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
        Inode inode = names.get(file);
        if (inode == null) {
            throw new NoSuchFileException(file.toString());
        }
        return new Handle(file, inode);
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
        Inode inode = names.get(from);
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

    private final class Handle implements StoreFile {
        private final Path path;
        private final Inode inode;
        private boolean closed;

        Handle(Path path, Inode inode) {
            this.path = path;
            this.inode = inode;
        }

        private void checkOpen() throws IOException {
            if (closed) {
                throw new IOException(path + " is closed");
            }
        }

        @Override
        public Path path() {
            return path;
        }

        @Override
        public long lengthBytes() throws IOException {
            synchronized (MemoryFiles.this) {
                checkOpen();
                leave();
                return inode.current.length;
            }
        }

        @Override
        public void read(long offset, ByteBuffer into) throws IOException {
            synchronized (MemoryFiles.this) {
                checkOpen();
                enter(Call.READ, path);
                leave();
                if (offset + into.remaining() > inode.current.length) {
                    throw new EOFException(path + " ends before " + (offset + into.remaining()));
                }
                into.put(inode.current, (int) offset, into.remaining());
            }
        }

        @Override
        public void write(long offset, ByteBuffer data) throws IOException {
            synchronized (MemoryFiles.this) {
                checkOpen();
                byte[] bytes = new byte[data.remaining()];
                data.get(bytes);
                Fault fault = dead ? Fault.NONE : faults.on(Call.WRITE, path);
                if (fault == Fault.HALF) {
                    changes++;
                    inode.change(Change.write(offset, Arrays.copyOf(bytes, bytes.length / 2)));
                    throw new IOException("injected short write of " + path);
                }
                MemoryFiles.Faults all = faults;
                faults = (call, file) -> fault;
                try {
                    boolean work = enter(Call.WRITE, path);
                    if (work || dead) {
                        inode.change(Change.write(offset, bytes));
                    }
                } finally {
                    faults = all;
                }
                leave();
            }
        }

        @Override
        public void extend(long lengthBytes) throws IOException {
            resize(Call.EXTEND, Math.max(lengthBytes, inode.current.length));
        }

        @Override
        public void truncate(long lengthBytes) throws IOException {
            resize(Call.TRUNCATE, Math.min(lengthBytes, inode.current.length));
        }

        private void resize(Call call, long lengthBytes) throws IOException {
            synchronized (MemoryFiles.this) {
                checkOpen();
                if (enter(call, path) || dead) {
                    inode.change(Change.resize(lengthBytes));
                }
                leave();
            }
        }

        @Override
        public void sync() throws IOException {
            synchronized (MemoryFiles.this) {
                checkOpen();
                boolean work;
                try {
                    work = enter(Call.SYNC, path);
                } catch (Crashed e) {
                    throw e;
                } catch (IOException e) {
                    inode.failSync();
                    throw e;
                }
                leave();
                if (work) {
                    inode.sync();
                }
            }
        }

        @Override
        public void close() {
            synchronized (MemoryFiles.this) {
                closed = true;
            }
        }

        @Override
        public String toString() {
            return path.toString();
        }
    }
}
