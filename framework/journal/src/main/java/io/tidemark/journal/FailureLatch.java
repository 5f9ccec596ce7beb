package io.tidemark.journal;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Remembers the first failed change: from then on what is on disk is only known by opening it anew (J9). */
final class FailureLatch {
    private static final Logger LOG = LoggerFactory.getLogger(FailureLatch.class);

    private final Path folder;
    private volatile @Nullable Throwable cause;

    FailureLatch(Path folder) {
        this.folder = folder;
    }

    void check() throws JournalFailedException {
        Throwable failed = cause;
        if (failed != null) {
            throw new JournalFailedException(message(failed), failed);
        }
    }

    boolean isSet() {
        return cause != null;
    }

    JournalFailedException set(Throwable failed) {
        cause = failed;
        LOG.atError()
                .addKeyValue("journal", folder)
                .setCause(failed)
                .log("a write failed; the journal is read-only until it is opened again");
        return new JournalFailedException(message(failed), failed);
    }

    private String message(Throwable failed) {
        return "journal " + folder + " takes no change since a write or fsync failed (" + failed
                + "), because what is on disk is in doubt. Views still work. Make sure that the disk is well and has"
                + " room, then open the journal again; what the sender has not seen acknowledged it sends again";
    }
}
