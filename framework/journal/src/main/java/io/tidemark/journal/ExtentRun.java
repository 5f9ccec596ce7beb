package io.tidemark.journal;

import io.tidemark.journal.file.StoreFile;
import io.tidemark.journal.file.StoreFiles;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A run: the merged index of 4, 16, 64 … neighbouring segments, in a file of its own that is mapped when it is first used. It can be removed and
 * made again at any time. Any thread.
 */
final class ExtentRun implements IndexedPart, MappedIndex.Owner {
    private static final Logger LOG = LoggerFactory.getLogger(ExtentRun.class);

    private final StoreFiles files;
    private final Path path;
    private final int level;
    private final IndexPages.Identity identity;
    private final int volumes;
    private volatile @Nullable MappedIndex index;
    private volatile boolean damaged;
    /** Of the file when it was mapped. */
    private volatile long lengthBytes;

    ExtentRun(StoreFiles files, Path path, int level, IndexPages.Identity identity, int volumes) {
        this.files = files;
        this.path = path;
        this.level = level;
        this.identity = identity;
        this.volumes = volumes;
    }

    Path path() {
        return path;
    }

    int level() {
        return level;
    }

    long firstSegment() {
        return identity.firstSegment();
    }

    long lastSegment() {
        return identity.lastSegment();
    }

    /** Whether it is of no use. */
    boolean isDamaged() {
        return damaged;
    }

    @Override
    public ExtentLayer layer(int volume) {
        MappedIndex known = index;
        if (known == null) {
            known = map();
            index = known;
        }
        return known.layer(volume);
    }

    private MappedIndex map() {
        MemorySegment pages;
        try (StoreFile file = files.open(path)) {
            // A mapping outlives its file handle; it ends when nothing refers to it any more.
            lengthBytes = file.lengthBytes();
            pages = file.map(0, lengthBytes / IndexPages.PAGE_BYTES * IndexPages.PAGE_BYTES, Arena.ofAuto());
        } catch (IOException e) {
            throw new DamagedIndexException(this, path + " cannot be opened", e);
        }
        return new MappedIndex(pages, identity, volumes, path.toString(), this);
    }

    @Override
    public void distrustIfUnreadable(InternalError cause) {
        try (StoreFile file = files.open(path)) {
            IndexPages.readThrough(file, 0, lengthBytes);
        } catch (IOException e) {
            e.addSuppressed(cause);
            indexDamaged(new DamagedIndexException(this, path + " cannot be read", e));
        }
    }

    @Override
    public void indexDamaged(DamagedIndexException cause) {
        damaged = true;
        LOG.atWarn()
                .addKeyValue("run", path)
                .setCause(cause)
                .log("a merged index is damaged; the indexes of its segments are used instead until it is made again");
    }

    @Override
    public String toString() {
        return "run of segments " + firstSegment() + " to " + lastSegment();
    }
}
