package io.tidemark.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.journal.MemoryFiles.Call;
import io.tidemark.journal.MemoryFiles.Crashed;
import io.tidemark.journal.file.StoreFile;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One open file of {@link MemoryFiles}. Where it was opened for direct changes it insists on their alignment, as a disk does. */
final class MemoryFile implements StoreFile {
    private final MemoryFiles files;
    private final Path path;
    private final MemoryInode inode;
    private boolean direct;
    private boolean closed;

    MemoryFile(MemoryFiles files, Path path, MemoryInode inode) {
        this.files = files;
        this.path = path;
        this.inode = inode;
    }

    MemoryFile forDirectChanges() {
        direct = true;
        return this;
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
        synchronized (files) {
            checkOpen();
            files.leave();
            return inode.current.length;
        }
    }

    @Override
    public long allocatedBytes() throws IOException {
        synchronized (files) {
            return lengthBytes() - (long) inode.holes.cardinality() * MemoryInode.PAGE_BYTES;
        }
    }

    @Override
    public void read(long offset, ByteBuffer into) throws IOException {
        synchronized (files) {
            checkOpen();
            files.enter(Call.READ, path);
            files.leave();
            if (offset + into.remaining() > inode.current.length) {
                throw new EOFException(path + " ends before " + (offset + into.remaining()));
            }
            into.put(inode.current, (int) offset, into.remaining());
        }
    }

    @Override
    public void write(long offset, ByteBuffer data) throws IOException {
        synchronized (files) {
            checkOpen();
            checkAlignment(offset, data);
            byte[] bytes = new byte[data.remaining()];
            data.get(bytes);
            files.write(path, inode, offset, bytes);
        }
    }

    private void checkAlignment(long offset, ByteBuffer data) {
        if (direct) {
            assertTrue(data.isDirect(), "direct I/O needs memory outside the heap");
            assertEquals(0, offset % DIRECT_ALIGNMENT_BYTES, "direct I/O needs aligned offsets");
            assertEquals(0, data.remaining() % DIRECT_ALIGNMENT_BYTES, "direct I/O needs aligned lengths");
            assertEquals(0, data.alignmentOffset(data.position(), 512), "direct I/O needs aligned memory");
        }
    }

    @Override
    public PendingWrite startWrite(long offset, ByteBuffer data) {
        if (files.isSlowNow()) {
            return new Slow(() -> write(offset, data));
        }
        try {
            write(offset, data);
            return () -> {};
        } catch (IOException e) {
            return () -> {
                throw e;
            };
        }
    }

    /** Always slow: what is written meanwhile may become durable with it, or not. */
    @Override
    public PendingWrite startSync(List<PendingWrite> after) {
        return new Slow(() -> {
            for (PendingWrite write : after) {
                write.await();
            }
            sync();
        });
    }

    /** Work that is done when it is waited for the first time. */
    private static final class Slow implements PendingWrite {
        private final PendingWrite work;
        private boolean done;
        private @Nullable IOException failure;

        Slow(PendingWrite work) {
            this.work = work;
        }

        @Override
        public void await() throws IOException {
            if (!done) {
                done = true;
                try {
                    work.await();
                } catch (IOException e) {
                    failure = e;
                }
            }
            IOException failed = failure;
            if (failed != null) {
                throw failed;
            }
        }
    }

    @Override
    public void extend(long lengthBytes) throws IOException {
        resize(Call.EXTEND, lengthBytes, true);
    }

    @Override
    public void extendSparsely(long lengthBytes) throws IOException {
        extend(lengthBytes);
    }

    @Override
    public void truncate(long lengthBytes) throws IOException {
        resize(Call.TRUNCATE, lengthBytes, false);
    }

    private void resize(Call call, long lengthBytes, boolean grow) throws IOException {
        synchronized (files) {
            checkOpen();
            int now = inode.current.length;
            if (grow && lengthBytes <= now) {
                return;
            }
            if (files.enter(call, path) || files.isDead()) {
                inode.change(MemoryInode.Change.resize(grow ? lengthBytes : Math.min(lengthBytes, now)));
            }
            files.leave();
        }
    }

    @Override
    public boolean punchHole(long offset, long lengthBytes) throws IOException {
        synchronized (files) {
            checkOpen();
            assertTrue(lengthBytes > 0 && offset + lengthBytes <= inode.current.length, "holes lie inside the file");
            assertEquals(0, offset % MemoryInode.PAGE_BYTES, "holes start at pages, or give nothing back");
            if (files.enter(Call.PUNCH, path) || files.isDead()) {
                inode.change(MemoryInode.Change.hole(offset, Math.toIntExact(lengthBytes)));
            }
            files.leave();
            return true;
        }
    }

    @Override
    public MemorySegment map(long offset, long lengthBytes, Arena arena) throws IOException {
        synchronized (files) {
            checkOpen();
            files.enter(Call.READ, path);
            files.leave();
            if (offset + lengthBytes > inode.current.length) {
                throw new EOFException(path + " ends before " + (offset + lengthBytes));
            }
            return MemorySegment.ofArray(Arrays.copyOfRange(inode.current, (int) offset, (int) (offset + lengthBytes)))
                    .asReadOnly();
        }
    }

    @Override
    public void sync() throws IOException {
        synchronized (files) {
            checkOpen();
            boolean work;
            try {
                work = files.enter(Call.SYNC, path);
            } catch (Crashed e) {
                throw e;
            } catch (IOException e) {
                inode.failSync();
                throw e;
            }
            files.leave();
            if (work) {
                inode.sync();
            }
        }
    }

    @Override
    public void close() {
        synchronized (files) {
            closed = true;
        }
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
