package io.tidemark.journal;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Notices when two threads change a journal at once, which its contract forbids. */
final class OwnerGuard {
    private final AtomicReference<@Nullable Thread> inside = new AtomicReference<>();

    void enter() {
        Thread current = Thread.currentThread();
        Thread other = inside.compareAndExchange(null, current);
        if (other != null) {
            throw new IllegalStateException("thread " + current.getName() + " changes a journal while thread "
                    + other.getName() + " does: only one owner at a time may");
        }
    }

    void exit() {
        inside.set(null);
    }
}
