package io.tidemark.journal;

import org.jspecify.annotations.Nullable;

/** Stored bytes are not what was written. The message names the file and the place. Nothing was changed because of it. */
public final class JournalCorruptException extends JournalException {
    JournalCorruptException(String message) {
        super(message, null);
    }

    JournalCorruptException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
