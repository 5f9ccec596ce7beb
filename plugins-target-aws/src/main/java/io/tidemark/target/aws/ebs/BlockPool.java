package io.tidemark.target.aws.ebs;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.target.aws.client.AwsFailures;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Phaser;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.DoubleConsumer;
import org.jspecify.annotations.Nullable;

/** The threads on which blocks travel; no more of them than the {@link AdaptiveLimit} lets through are busy. Any thread. */
public final class BlockPool implements AutoCloseable {
    private final ThreadPoolExecutor threads;
    private final AdaptiveLimit limit;

    public BlockPool(ThreadFactory factory, int most) {
        this.limit = new AdaptiveLimit(most);
        this.threads = new ThreadPoolExecutor(most, most, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), factory);
        this.threads.allowCoreThreadTimeOut(true);
    }

    AdaptiveLimit limit() {
        return limit;
    }

    /** What is done with each candidate, on a thread of the pool. */
    @FunctionalInterface
    interface Work {
        void on(BlockCandidates.Candidate candidate) throws ProviderException, IOException;
    }

    /** Works through all candidates, and returns when all are done; after a failure no new one is begun, and the first one is thrown. */
    void forEach(String happened, BlockCandidates candidates, Work work, DoubleConsumer progress, Deadline deadline)
            throws ProviderException {
        AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
        Phaser running = new Phaser(1);
        try {
            while (failure.get() == null) {
                Optional<BlockCandidates.Candidate> candidate = candidates.next();
                if (candidate.isEmpty()) {
                    break;
                }
                submit(happened, candidate.get(), work, failure, running, deadline);
                progress.accept(candidates.progress());
            }
        } catch (IOException | ProviderException failed) {
            failure.compareAndSet(null, failed);
        } finally {
            // Every task keeps to the deadline by itself, so this ends.
            running.arriveAndAwaitAdvance();
        }
        Exception failed = failure.get();
        if (failed instanceof ProviderException told) {
            throw told;
        }
        if (failed != null) {
            throw sourceFailed(happened, failed);
        }
    }

    private void submit(
            String happened,
            BlockCandidates.Candidate candidate,
            Work work,
            AtomicReference<@Nullable Exception> failure,
            Phaser running,
            Deadline deadline)
            throws ProviderException {
        try {
            if (!limit.acquire(deadline)) {
                throw AwsFailures.outOfTime(happened);
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new ProviderException(
                    FailureKind.RETRY_LATER, happened, "the call was interrupted", "It is tried again.", interrupted);
        }
        running.register();
        try {
            threads.execute(() -> {
                try {
                    if (failure.get() == null) {
                        work.on(candidate);
                    }
                } catch (IOException | ProviderException | RuntimeException failed) {
                    failure.compareAndSet(null, failed);
                } finally {
                    limit.release();
                    running.arriveAndDeregister();
                }
            });
        } catch (RejectedExecutionException closed) {
            limit.release();
            running.arriveAndDeregister();
            throw new ProviderException(
                    FailureKind.UNREACHABLE, happened, "the target was closed", "Open it again.", closed);
        }
    }

    private static ProviderException sourceFailed(String happened, Exception failed) {
        return new ProviderException(
                failed instanceof IOException ? FailureKind.RETRY_LATER : FailureKind.BUG,
                happened,
                "the volume could not be read: " + failed,
                "See the events of this site; it is tried again.",
                failed);
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
