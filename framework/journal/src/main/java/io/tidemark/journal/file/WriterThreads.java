package io.tidemark.journal.file;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The platform threads of this process for files: four that carry out started writes, one for work that nobody waits for. They end by themselves
 * when there is nothing to do.
 */
final class WriterThreads {
    private static final int THREADS = 4;
    private static final int IDLE_SECONDS = 30;
    private static final Executor SHARED = pool(THREADS, "journal-write-");
    private static final Executor BACKGROUND = pool(1, "journal-background-");

    private WriterThreads() {}

    static Executor shared() {
        return SHARED;
    }

    static Executor background() {
        return BACKGROUND;
    }

    private static Executor pool(int threads, String name) {
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                threads,
                threads,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().daemon().name(name, 1).factory());
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }
}
