package io.tidemark.bench.load;

import io.tidemark.journal.Journal;
import java.io.IOException;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/** Ages a journal towards its newest checkpoint, over and over, beside the thread that owns it; as a site does. */
public final class AgeingThread implements AutoCloseable {
    private static final long PAUSE_NANOS = 2_000_000;

    private final Journal journal;
    private final AtomicReference<IOException> failure = new AtomicReference<>();
    private final Thread thread;
    private volatile boolean stopping;

    public AgeingThread(Journal journal) {
        this.journal = journal;
        this.thread = Thread.ofPlatform().name("ageing").start(this::run);
    }

    private void run() {
        try {
            while (!stopping) {
                if (journal.age(Instant.MAX).segmentsFolded() == 0) {
                    LockSupport.parkNanos(PAUSE_NANOS);
                }
            }
        } catch (IOException e) {
            failure.set(e);
        }
    }

    /** Waits for the step that runs. @throws IOException what ended the ageing early */
    @Override
    public void close() throws IOException {
        stopping = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while ageing ends", e);
        }
        IOException failed = failure.get();
        if (failed != null) {
            throw failed;
        }
    }
}
