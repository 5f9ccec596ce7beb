package io.tidemark.journal.batch;

import java.io.IOException;

/** The bytes are no batch, or not the batch that was built: a length, a checksum or a value in them is wrong. */
public final class CorruptBatchException extends IOException {
    public CorruptBatchException(String message) {
        super(message);
    }

    CorruptBatchException(String message, Throwable cause) {
        super(message, cause);
    }
}
