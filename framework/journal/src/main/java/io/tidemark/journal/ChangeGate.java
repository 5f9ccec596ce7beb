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
        owner.enter();
        try {
            if (closed) {
                throw new IllegalStateException("journal " + folder + " is closed");
            }
            failure.check();
            return runOrFail(action);
        } finally {
            owner.exit();
        }
    }

    private <T> T runOrFail(Change<T> action) throws IOException {
        try {
            return action.run();
        } catch (JournalException e) {
            // Refused before anything was changed, or damage found while reading.
            throw e;
        } catch (IOException e) {
            throw failure.set(e);
        } catch (RuntimeException | Error e) {
            failure.set(e);
            throw e;
        }
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
