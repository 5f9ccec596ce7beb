package io.tidemark.journal;

import java.io.IOException;
import java.nio.file.Path;

/** The one way to change a journal: by one owner at a time, until something fails (J9) or it is closed. */
final class ChangeGate {
    /** A change. */
    interface Change<T> {
        T run() throws IOException;
    }

    private final Path folder;
    private final OwnerGuard owner = new OwnerGuard();
    private final FailureLatch failure;
    private boolean closed;

    ChangeGate(Path folder) {
        this.folder = folder;
        this.failure = new FailureLatch(folder);
    }

    boolean hasFailed() {
        return failure.isSet();
    }

    <T> T change(Change<T> action) throws IOException {
        begin();
        try {
            return action.run();
        } catch (IOException | RuntimeException | Error e) {
            throw failed(e);
        } finally {
            end();
        }
    }

    /** Begins a change; {@link #end} follows, whatever becomes of it. */
    void begin() throws IOException {
        owner.enter();
        try {
            if (closed) {
                throw new IllegalStateException("journal " + folder + " is closed");
            }
            failure.check();
        } catch (IOException | RuntimeException e) {
            owner.exit();
            throw e;
        }
    }

    void end() {
        owner.exit();
    }

    /** What to throw for a change that threw; closes the gate where it may have been done in part. */
    IOException failed(Throwable thrown) {
        return switch (thrown) {
            // Refused before anything was changed, or damage found while reading.
            case JournalException e -> e;
            case IOException e -> failure.set(e);
            case RuntimeException e -> {
                failure.set(e);
                throw e;
            }
            case Error e -> {
                failure.set(e);
                throw e;
            }
            default -> failure.set(thrown);
        };
    }

    /** The last change; does nothing the second time. */
    void close(Change<?> action) throws IOException {
        owner.enter();
        try {
            if (!closed) {
                closed = true;
                action.run();
            }
        } finally {
            owner.exit();
        }
    }
}
