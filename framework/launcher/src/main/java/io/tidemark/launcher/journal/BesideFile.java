package io.tidemark.launcher.journal;

import io.tidemark.journal.file.StoreFile;
import io.tidemark.journal.file.StoreFiles;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One open file of {@link BesideFiles}: opens its contents anew when they have been copied. */
final class BesideFile implements StoreFile {
    private final BesideFiles files;
    private final StoreFiles real;
    private final BesideFiles.Place place;
    private final Path path;
    private @Nullable StoreFile open;
    private @Nullable Path openPath;

    BesideFile(BesideFiles files, StoreFiles real, BesideFiles.Place place, Path path) {
        this.files = files;
        this.real = real;
        this.place = place;
        this.path = path;
    }

    private StoreFile reading() throws IOException {
        return at(files.actual(place));
    }

    private StoreFile changing() throws IOException {
        return at(files.changeable(place));
    }

    private synchronized StoreFile at(Path actual) throws IOException {
        StoreFile known = open;
        if (known != null && actual.equals(openPath)) {
            return known;
        }
        StoreFile opened = real.open(actual);
        if (known != null) {
            known.close();
        }
        open = opened;
        openPath = actual;
        return opened;
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public long lengthBytes() throws IOException {
        return reading().lengthBytes();
    }

    @Override
    public long allocatedBytes() throws IOException {
        return reading().allocatedBytes();
    }

    @Override
    public void read(long offset, ByteBuffer into) throws IOException {
        reading().read(offset, into);
    }

    @Override
    public void write(long offset, ByteBuffer data) throws IOException {
        changing().write(offset, data);
    }

    @Override
    public PendingWrite startWrite(long offset, ByteBuffer data) {
        try {
            return changing().startWrite(offset, data);
        } catch (IOException e) {
            return failed(e);
        }
    }

    @Override
    public void extend(long lengthBytes) throws IOException {
        changing().extend(lengthBytes);
    }

    @Override
    public void extendSparsely(long lengthBytes) throws IOException {
        changing().extendSparsely(lengthBytes);
    }

    @Override
    public void truncate(long lengthBytes) throws IOException {
        changing().truncate(lengthBytes);
    }

    @Override
    public boolean punchHole(long offset, long lengthBytes) throws IOException {
        return changing().punchHole(offset, lengthBytes);
    }

    @Override
    public MemorySegment map(long offset, long lengthBytes, Arena arena) throws IOException {
        return reading().map(offset, lengthBytes, arena);
    }

    @Override
    public void sync() {
        // What is beside a journal need not survive anything.
    }

    @Override
    public PendingWrite startSync(List<PendingWrite> after) {
        return () -> {
            for (PendingWrite each : after) {
                each.await();
            }
        };
    }

    private static PendingWrite failed(IOException cause) {
        return () -> {
            throw new IOException("a change beside the journal failed", cause);
        };
    }

    @Override
    public synchronized void close() throws IOException {
        StoreFile known = open;
        open = null;
        openPath = null;
        if (known != null) {
            known.close();
        }
    }
}
