package io.tidemark.journal;

/** The journal was closed before; a bug of the caller, but for ageing, which may be under way elsewhere when the owner closes. */
public final class JournalClosedException extends IllegalStateException {
    JournalClosedException(String message) {
        super(message);
    }
}
