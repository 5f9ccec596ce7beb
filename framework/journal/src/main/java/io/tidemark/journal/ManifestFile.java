package io.tidemark.journal;

import io.tidemark.journal.file.StoreFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.UnaryOperator;

/** The manifest as it is on disk. Any thread; changes exclude each other. */
final class ManifestFile {
    private final StoreFiles files;
    private final Path path;
    private volatile Manifest current;

    ManifestFile(StoreFiles files, Path path, Manifest current) {
        this.files = files;
        this.path = path;
        this.current = current;
    }

    /** What was durable last. */
    Manifest current() {
        return current;
    }

    /** Replaces the manifest, durably, and only then shows it. */
    synchronized Manifest update(UnaryOperator<Manifest> change) throws IOException {
        Manifest next = change.apply(current);
        if (!next.equals(current)) {
            next.write(files, path);
            current = next;
        }
        return next;
    }
}
