package io.tidemark.journal;

import io.tidemark.journal.file.StoreFile;
import io.tidemark.journal.file.StoreFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Merges the indexes of sealed segments into runs, and makes the next spare segment, on a thread of the background. Nothing depends on it but
 * speed: where it fails, that is said in the log, and the journal goes on.
 */
final class RunBuilder {
    private static final Logger LOG = LoggerFactory.getLogger(RunBuilder.class);

    private final StoreFiles files;
    private final JournalLayout layout;
    private final Manifest manifest;
    private final SegmentCatalog catalog;
    private final SpareSegments spares;
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final ReentrantLock working = new ReentrantLock();
    private volatile boolean closed;

    RunBuilder(
            StoreFiles files, JournalLayout layout, Manifest manifest, SegmentCatalog catalog, SpareSegments spares) {
        this.files = files;
        this.layout = layout;
        this.manifest = manifest;
        this.catalog = catalog;
        this.spares = spares;
    }

    /** There may be something to do. */
    void schedule() {
        if (!closed && scheduled.compareAndSet(false, true)) {
            files.background().execute(this::work);
        }
    }

    /** Waits until nothing is done any more. */
    void close() {
        closed = true;
        working.lock();
        try {
            LOG.atDebug().addKeyValue("journal", layout.folder()).log("merging indexes has stopped");
        } finally {
            working.unlock();
        }
    }

    private void work() {
        working.lock();
        try {
            scheduled.set(false);
            if (!closed) {
                spares.prepare();
            }
            JournalLayout.RunName name = closed ? null : catalog.takeMissingRun();
            while (name != null) {
                build(name);
                name = closed ? null : catalog.takeMissingRun();
            }
        } catch (IOException | RuntimeException | InternalError e) {
            // The last of them is what a mapping throws that the disk cannot read.
            LOG.atWarn()
                    .addKeyValue("journal", layout.folder())
                    .setCause(e)
                    .log("merging indexes failed; views open more slowly until it succeeds");
        } finally {
            working.unlock();
        }
    }

    private void build(JournalLayout.RunName name) throws IOException {
        SegmentCatalog.Hold hold = catalog.pin();
        try {
            long last = name.firstSegment() + RunCatalog.length(name.level()) - 1;
            if (!catalog.covers(name.firstSegment())) {
                return; // Folded meanwhile.
            }
            ExtentRun built = null;
            while (built == null) {
                List<IndexedPart> parts = catalog.cover(name.firstSegment(), last);
                try {
                    built = build(name, last, parts);
                } catch (DamagedIndexException e) {
                    e.report();
                }
            }
            if (!catalog.addRun(built)) {
                files.delete(built.path());
            }
        } finally {
            catalog.release(hold);
        }
    }

    /** @param parts oldest first */
    private ExtentRun build(JournalLayout.RunName name, long last, List<IndexedPart> parts) throws IOException {
        Path path = layout.run(name.level(), name.firstSegment());
        Path temporary = JournalLayout.temporary(path);
        IndexPages.Identity identity = new IndexPages.Identity(
                manifest.incarnation(),
                name.firstSegment(),
                last,
                catalog.numbered(name.firstSegment()).basePosition(),
                catalog.numbered(last).endPosition());
        if (files.exists(temporary)) {
            files.delete(temporary);
        }
        int volumes = manifest.spec().volumes().size();
        try (StoreFile file = files.create(temporary)) {
            IndexWriter writer = new IndexWriter(
                    (page, pages) -> {
                        if (closed) {
                            throw new IOException("the journal is being closed");
                        }
                        file.write(page * IndexPages.PAGE_BYTES, pages);
                    },
                    identity,
                    volumes);
            for (int volume = 0; volume < volumes; volume++) {
                long sizeBytes = manifest.spec().volumes().get(volume).sizeBytes();
                writer.add(volume, merged(parts, volume), sizeBytes, true);
            }
            writer.finish();
            file.sync();
        }
        WholeFile.install(files, path);
        return new ExtentRun(files, path, name.level(), identity, volumes);
    }

    private static ExtentCursor merged(List<IndexedPart> parts, int volume) throws IOException {
        @Nullable ExtentCursor merged = null;
        for (IndexedPart part : parts) {
            ExtentCursor newer = part.layer(volume).from(0);
            merged = merged == null ? newer : new MergedExtents(newer, merged);
        }
        if (merged == null) {
            throw new IllegalStateException("a run of nothing");
        }
        return merged;
    }
}
