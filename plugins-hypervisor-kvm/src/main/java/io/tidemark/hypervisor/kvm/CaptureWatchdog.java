package io.tidemark.hypervisor.kvm;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/**
 * Looks at all captures of a site every few milliseconds: a connection that QEMU closed is lost continuity, and a call that does not
 * return stalls the guest. Only looks at memory, so that nothing can hold it up; what has to be done then, the session's own thread does.
 */
final class CaptureWatchdog implements AutoCloseable {
    private static final Duration INTERVAL = Duration.ofMillis(10);
    /** With the time that a yank takes, the guest goes on within half a second. */
    static final long LONGEST_CALL_NANOS = TimeUnit.MILLISECONDS.toNanos(350);

    private final Set<KvmCaptureSession> sessions = ConcurrentHashMap.newKeySet();
    private final ThreadFactory threads;
    private final Object starting = new Object();
    private boolean started;
    private volatile boolean closed;

    CaptureWatchdog(ThreadFactory threads) {
        this.threads = threads;
    }

    void watch(KvmCaptureSession session) {
        sessions.add(session);
        synchronized (starting) {
            if (!started && !closed) {
                started = true;
                threads.newThread(this::run).start();
            }
        }
    }

    void forget(KvmCaptureSession session) {
        sessions.remove(session);
    }

    /** The sessions that are open now. */
    Set<KvmCaptureSession> sessions() {
        return Set.copyOf(sessions);
    }

    private void run() {
        while (!closed) {
            for (KvmCaptureSession session : sessions) {
                session.look();
            }
            Waiting.pause(INTERVAL);
        }
    }

    @Override
    public void close() {
        closed = true;
    }
}
