package io.tidemark.control.time;

import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The timer of a running site: one daemon thread keeps the time, and each run gets a virtual thread. */
public final class SystemTimer implements Timer, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SystemTimer.class);

    private final ScheduledThreadPoolExecutor executor;

    public SystemTimer() {
        executor = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("control-timer").factory());
        executor.setRemoveOnCancelPolicy(true);
    }

    @Override
    public Appointment after(Duration delay, Runnable work) {
        try {
            return appointment(executor.schedule(() -> launch(work, () -> {}), delay.toNanos(), TimeUnit.NANOSECONDS));
        } catch (RejectedExecutionException e) {
            // Closed: nothing happens any more, which is what a cancelled appointment means.
            return () -> {};
        }
    }

    @Override
    public Appointment every(Duration period, Runnable work) {
        AtomicBoolean running = new AtomicBoolean();
        Runnable once = () -> {
            if (running.compareAndSet(false, true)) {
                launch(work, () -> running.set(false));
            }
        };
        try {
            return appointment(
                    executor.scheduleAtFixedRate(once, period.toNanos(), period.toNanos(), TimeUnit.NANOSECONDS));
        } catch (RejectedExecutionException e) {
            return () -> {};
        }
    }

    /** Nothing is begun after return. */
    @Override
    public void close() {
        executor.shutdownNow();
    }

    private static Appointment appointment(ScheduledFuture<?> future) {
        return () -> future.cancel(false);
    }

    private static void launch(Runnable work, Runnable afterwards) {
        Thread.ofVirtual().name("control-timed").start(() -> {
            try {
                work.run();
            } catch (RuntimeException e) {
                LOG.atError().setCause(e).log("Timed work of the control plane failed; it runs again at its next time");
            } finally {
                afterwards.run();
            }
        });
    }
}
