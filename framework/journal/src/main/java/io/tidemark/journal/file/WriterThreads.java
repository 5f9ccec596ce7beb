package io.tidemark.journal.file;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The platform threads of this process that carry out started writes; they end by themselves when there is nothing to do. */
final class WriterThreads {
    private static final int THREADS = 4;
    private static final int IDLE_SECONDS = 30;
    private static final Executor SHARED = pool();

    private WriterThreads() {}

    static Executor shared() {
        return SHARED;
    }

    private static Executor pool() {
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().daemon().name("journal-write-", 1).factory());
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }
}
