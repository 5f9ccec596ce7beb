package io.tidemark.journal;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;

/** The one way to change a journal: by one owner at a time, and one more beside it, until something fails (J9) or it is closed. */
final class ChangeGate {
    /** A change. */
    interface Change<T> {
        T run() throws IOException;
    }

    private final Path folder;
    private final OwnerGuard owner = new OwnerGuard();
    private final FailureLatch failure;
    private final ReentrantLock beside = new ReentrantLock();
    private volatile boolean closed;

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

    /** A change that may be made by any thread, beside what the owner does; one at a time. */
    <T> T beside(Change<T> action) throws IOException {
        beside.lock();
        try {
            checkOpen();
            return action.run();
        } catch (IOException | RuntimeException | Error e) {
            throw failed(e);
        } finally {
            beside.unlock();
        }
    }

    private void checkOpen() throws JournalFailedException {
        if (closed) {
            throw new JournalClosedException("journal " + folder + " is closed");
        }
        failure.check();
    }

    /** Begins a change; {@link #end} follows, whatever becomes of it. */
    void begin() throws IOException {
        owner.enter();
        try {
            checkOpen();
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
            case JournalClosedException e -> throw e;
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
            beside.lock();
            try {
                if (!closed) {
                    closed = true;
                    action.run();
                }
            } finally {
                beside.unlock();
            }
        } finally {
            owner.exit();
        }
    }
}
