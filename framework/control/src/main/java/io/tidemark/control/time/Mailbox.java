package io.tidemark.control.time;

import io.tidemark.control.ErrorCode;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does work one piece at a time, in the order of posting, on one virtual thread. */
public final class Mailbox implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Mailbox.class);

    private final LinkedBlockingQueue<Letter> letters = new LinkedBlockingQueue<>();
    private final Thread thread;
    private volatile boolean closed;

    public Mailbox(String name) {
        thread = Thread.ofVirtual().name(name).start(this::run);
    }

    /** Has the work done later. Dropped when the mailbox is closed. */
    public void post(Runnable work) {
        letters.add(new Letter(
                () -> {
                    try {
                        work.run();
                    } catch (RuntimeException e) {
                        if (!closed) {
                            LOG.atError()
                                    .setCause(e)
                                    .addKeyValue("mailbox", thread.getName())
                                    .log("Posted work failed");
                        }
                    }
                },
                () -> {}));
    }

    /**
     * Has the work done and waits for its result, or throws what it threw. Called by the mailbox's own work it runs at once.
     *
     * @throws io.tidemark.control.ControlException {@code CLOSED}
     */
    public <T> T call(Supplier<T> work) {
        if (Thread.currentThread() == thread) {
            return work.get();
        }
        CompletableFuture<T> result = new CompletableFuture<>();
        letters.add(new Letter(
                () -> {
                    try {
                        result.complete(work.get());
                    } catch (RuntimeException | Error e) {
                        result.completeExceptionally(e);
                    }
                },
                () -> result.completeExceptionally(closedException())));
        if (closed) {
            refuseAll();
        }
        try {
            return result.join();
        } catch (CompletionException e) {
            Throwable cause = e.getCause();
            if (cause instanceof RuntimeException runtime) {
                throw runtime;
            }
            if (cause instanceof Error error) {
                throw error;
            }
            throw e;
        }
    }

    /** As {@link #call}, without a result. */
    public void run(Runnable work) {
        call(() -> {
            work.run();
            return Boolean.TRUE;
        });
    }

    /** Lets the work that runs finish, and refuses what waits. Does not wait; idempotent. */
    @Override
    public void close() {
        closed = true;
        letters.add(new Letter(() -> {}, () -> {}));
    }

    private void run() {
        while (!closed) {
            try {
                Letter letter = letters.take();
                if (closed) {
                    letter.refuse.run();
                } else {
                    letter.work.run();
                }
            } catch (InterruptedException e) {
                // Nobody interrupts this thread; if somebody does, it is the end of it.
                closed = true;
            }
        }
        refuseAll();
    }

    private void refuseAll() {
        for (Letter letter = letters.poll(); letter != null; letter = letters.poll()) {
            letter.refuse.run();
        }
    }

    private static RuntimeException closedException() {
        return ErrorCode.CLOSED.because(
                "The request was not carried out",
                "this site's manager is shutting down",
                "Try again when it runs again.");
    }

    private record Letter(Runnable work, Runnable refuse) {}
}
