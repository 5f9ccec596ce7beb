package io.tidemark.journal;

import io.tidemark.journal.file.StoreFile;
import io.tidemark.journal.file.StoreFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Files that wait to become segments: those of segments that were folded, and one that is made ahead. Their length never changes, so that
 * writing into them changes no metadata. What they hold means nothing. Any thread; no I/O under its lock.
 */
final class SpareSegments {
    private final StoreFiles files;
    private final JournalLayout layout;
    private final long segmentBytes;
    private final int atMost;
    private final Deque<Path> spares = new ArrayDeque<>();

    /** @param found spares in the folder */
    SpareSegments(StoreFiles files, JournalLayout layout, JournalConfig config, List<Path> found) {
        this.files = files;
        this.layout = layout;
        this.segmentBytes = config.segmentBytes();
        this.atMost = config.spareSegments();
        this.spares.addAll(found);
    }

    synchronized int count() {
        return spares.size();
    }

    private synchronized @Nullable Path poll() {
        return spares.poll();
    }

    private synchronized boolean offer(Path spare) {
        return spares.size() < atMost && spares.add(spare);
    }

    /**
     * Makes a segment of a spare file, or of a new one: with its header and its name, durably, ready for its first batch.
     *
     * @param lengthBytes at least so long
     */
    StoreFile begin(SegmentHeader header, long lengthBytes) throws IOException {
        Path segment = layout.segment(header.number(), header.basePosition());
        try (StoreFile file = openSpare(lengthBytes)) {
            file.write(0, header.encode());
            file.sync();
            files.rename(file.path(), segment);
        }
        files.syncFolder(layout.folder());
        return files.openDirect(segment);
    }

    private StoreFile openSpare(long lengthBytes) throws IOException {
        if (lengthBytes <= segmentBytes) {
            for (Path spare = poll(); spare != null; spare = poll()) {
                StoreFile file = files.openDirect(spare);
                if (file.lengthBytes() == segmentBytes) {
                    return file;
                }
                // Made under another configuration.
                file.close();
                files.delete(spare);
            }
        }
        return files.openDirect(create(Math.max(lengthBytes, segmentBytes)));
    }

    private Path create(long lengthBytes) throws IOException {
        Path path = layout.spare(ThreadLocalRandom.current().nextLong());
        try (StoreFile file = files.create(path)) {
            file.extend(lengthBytes);
            file.sync();
        }
        return path;
    }

    /** Deletes all spares: their room is needed. @return the bytes that were given back */
    long deleteAll() throws IOException {
        long freed = 0;
        for (Path spare = poll(); spare != null; spare = poll()) {
            files.delete(spare);
            freed += segmentBytes;
        }
        return freed;
    }

    /** Makes a spare where there is none, so that the next segment begins without waiting for that. */
    void prepare() throws IOException {
        if (atMost > 0 && count() == 0) {
            Path made = create(segmentBytes);
            if (!offer(made)) {
                files.delete(made);
            }
        }
    }

    /**
     * Takes the file of a segment that is no longer part of the journal, or deletes it where there are enough, or where it has holes: writing
     * into those would change metadata. The folder must be synced before such a file is used.
     *
     * @return whether the file is gone
     */
    boolean recycle(long number, Path path, long lengthBytes) throws IOException {
        Path thinned = JournalLayout.thinned(path, number);
        if (files.exists(thinned)) {
            files.delete(path);
            files.delete(thinned);
            return true;
        }
        Path spare = layout.spare(number);
        if (lengthBytes != segmentBytes || count() >= atMost) {
            files.delete(path);
            return true;
        }
        files.rename(path, spare);
        files.syncFolder(layout.folder());
        if (!offer(spare)) {
            files.delete(spare);
            return true;
        }
        return false;
    }
}
