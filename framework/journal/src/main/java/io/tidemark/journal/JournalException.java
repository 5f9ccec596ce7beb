package io.tidemark.journal;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The journal cannot do what was asked. The message says what happened, why, and what to do. */
public sealed class JournalException extends IOException
        permits JournalCorruptException, JournalFailedException, JournalRefusedException {
    JournalException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
