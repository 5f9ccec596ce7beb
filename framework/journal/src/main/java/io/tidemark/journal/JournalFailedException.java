package io.tidemark.journal;

import org.jspecify.annotations.Nullable;

/** A write or an fsync failed: the journal can be read, but takes no change until it is closed and opened again (J9). */
public final class JournalFailedException extends JournalException {
    JournalFailedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
