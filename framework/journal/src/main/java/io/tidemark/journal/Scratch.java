package io.tidemark.journal;

import io.tidemark.journal.file.StoreFile;
import io.tidemark.journal.file.StoreFiles;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.block.ZeroCause;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * A writable volume over a view: what is written goes to a sparse file, block by block; the view stays as it is.
 *
 * <p>Any thread; writes exclude each other and reads. {@link #flush} makes durable what was written before it: the data first, then the map
 * that speaks of it, so that a crash leaves each block as it was at some moment since the last flush. After a failed write or flush nothing
 * more is taken (J9).
 */
public final class Scratch implements BlockDevice {
    private static final int BLOCK = ScratchMap.BLOCK_BYTES;

    private final VolumeView view;
    private final StoreFile file;
    private final ScratchMap map;
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private @Nullable IOException failure;

    private Scratch(VolumeView view, StoreFile file, ScratchMap map) {
        this.view = view;
        this.file = file;
        this.map = map;
    }

    static Scratch open(StoreFiles files, VolumeView view, Path path, UUID incarnation, int volumeIndex)
            throws IOException {
        Path name = Objects.requireNonNull(path.getFileName(), "a scratch needs a file name");
        Path mapPath = path.resolveSibling(name + ".map");
        if (files.exists(path) && !files.exists(mapPath)) {
            throw new JournalRefusedException(
                    JournalRefusedException.Reason.NOT_THIS_VIEW,
                    path + " exists and has no scratch map beside it: it is no scratch. Use another file name");
        }
        ScratchMap map = ScratchMap.open(
                files, mapPath, new ScratchMap.Identity(incarnation, volumeIndex, view.position(), view.sizeBytes()));
        try {
            if (!files.exists(path)) {
                createData(files, path, view.sizeBytes(), map);
            }
            return new Scratch(view, files.open(path), map);
        } catch (IOException e) {
            map.close();
            throw e;
        }
    }

    private static void createData(StoreFiles files, Path path, long sizeBytes, ScratchMap map) throws IOException {
        if (!map.isEmpty()) {
            throw new JournalCorruptException(
                    "scratch file " + path + " is missing, and its map says that it held data."
                            + " Put it back, or discard this scratch; the checkpoint below it is not affected");
        }
        try (StoreFile created = files.create(path)) {
            if (sizeBytes > 0) {
                created.extendSparsely(sizeBytes);
            }
            created.sync();
        }
        files.syncFolder(Objects.requireNonNull(path.toAbsolutePath().getParent()));
    }

    @Override
    public long sizeBytes() {
        return view.sizeBytes();
    }

    @Override
    public boolean readOnly() {
        return false;
    }

    @Override
    public void read(long offset, ByteBuffer into) throws IOException {
        Objects.checkFromIndexSize(offset, into.remaining(), sizeBytes());
        lock.readLock().lock();
        try {
            long end = offset + into.remaining();
            for (long at = offset; at < end; ) {
                ScratchMap.State state = map.get(at / BLOCK);
                long runEnd = runEnd(at, end, state);
                int part = (int) (runEnd - at);
                ByteBuffer target = into.slice(into.position(), part);
                readRun(state, at, target);
                into.position(into.position() + part);
                at = runEnd;
            }
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Where the blocks from here on stop having one state. */
    private long runEnd(long from, long limit, ScratchMap.State state) {
        long end = from;
        while (end < limit && map.get(end / BLOCK) == state) {
            end = (end / BLOCK + 1) * BLOCK;
        }
        return Math.min(end, limit);
    }

    private void readRun(ScratchMap.State state, long offset, ByteBuffer into) throws IOException {
        switch (state) {
            case VIEW -> view.read(offset, into);
            case DATA -> file.read(offset, into);
            case ZERO -> into.put(new byte[into.remaining()]);
        }
    }

    @Override
    public void write(long offset, ByteBuffer data) throws IOException {
        Objects.checkFromIndexSize(offset, data.remaining(), sizeBytes());
        change(() -> {
            long end = offset + data.remaining();
            for (long at = offset; at < end; ) {
                long block = at / BLOCK;
                long blockEnd = Math.min((block + 1) * BLOCK, sizeBytes());
                long to = Math.min(blockEnd, end);
                ByteBuffer part = data.slice(data.position(), (int) (to - at));
                if (to - at == blockEnd - block * BLOCK || map.get(block) == ScratchMap.State.DATA) {
                    file.write(at, part);
                } else {
                    copyOnWrite(block, (int) (at - block * BLOCK), part);
                }
                map.set(block, ScratchMap.State.DATA);
                data.position(data.position() + (int) (to - at));
                at = to;
            }
        });
    }

    /** Writes a whole block: what it reads as now, with one part changed. */
    private void copyOnWrite(long block, int from, ByteBuffer part) throws IOException {
        long start = block * BLOCK;
        ByteBuffer whole = ByteBuffer.allocate((int) Math.min(BLOCK, sizeBytes() - start));
        readRun(map.get(block), start, whole.duplicate());
        whole.put(from, part, part.position(), part.remaining());
        file.write(start, whole);
    }

    @Override
    public void writeZeroes(long offset, long lengthBytes, ZeroCause cause) throws IOException {
        Objects.checkFromIndexSize(offset, lengthBytes, sizeBytes());
        change(() -> {
            long end = offset + lengthBytes;
            for (long at = offset; at < end; ) {
                long block = at / BLOCK;
                long blockEnd = Math.min((block + 1) * BLOCK, sizeBytes());
                long to = Math.min(blockEnd, end);
                if (to - at == blockEnd - block * BLOCK) {
                    map.set(block, ScratchMap.State.ZERO);
                } else if (map.get(block) == ScratchMap.State.DATA) {
                    file.write(at, ByteBuffer.allocate((int) (to - at)));
                } else if (map.get(block) == ScratchMap.State.VIEW) {
                    copyOnWrite(block, (int) (at - block * BLOCK), ByteBuffer.allocate((int) (to - at)));
                    map.set(block, ScratchMap.State.DATA);
                }
                at = to;
            }
        });
    }

    @Override
    public void flush() throws IOException {
        change(() -> {
            file.sync();
            map.sync();
        });
    }

    @Override
    public List<BlockExtent> extents(long offset, long lengthBytes) throws IOException {
        Objects.checkFromIndexSize(offset, lengthBytes, sizeBytes());
        LayeredView.ExtentList list = new LayeredView.ExtentList();
        lock.readLock().lock();
        try {
            long end = offset + lengthBytes;
            for (long at = offset; at < end; ) {
                ScratchMap.State state = map.get(at / BLOCK);
                long runEnd = runEnd(at, end, state);
                switch (state) {
                    case VIEW ->
                        view.extents(at, runEnd - at)
                                .forEach(extent -> list.add(extent.offset(), extent.endOffset(), extent.content()));
                    case DATA -> list.add(at, runEnd, BlockExtent.Content.DATA);
                    case ZERO -> list.add(at, runEnd, BlockExtent.Content.ZERO);
                }
                at = runEnd;
            }
        } finally {
            lock.readLock().unlock();
        }
        return list.extents();
    }

    /** A change of file or map. */
    private interface Change {
        void run() throws IOException;
    }

    private void change(Change action) throws IOException {
        lock.writeLock().lock();
        try {
            if (failure != null) {
                throw new IOException(
                        "scratch " + file.path()
                                + " takes no writes since one failed. Make sure that the disk is well and"
                                + " has room, then open the scratch again",
                        failure);
            }
            action.run();
        } catch (IOException e) {
            failure = failure == null ? e : failure;
            throw e;
        } finally {
            lock.writeLock().unlock();
        }
    }

    /** Closes the files, without a flush; the view stays open. */
    @Override
    public void close() throws IOException {
        file.close();
        map.close();
    }
}
