package io.tidemark.launcher.demo;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Undoes what the demo made, newest first; once, whether the story ends, fails or is interrupted. */
final class CleanUp implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CleanUp.class);

    private final Deque<Undo> undos = new ArrayDeque<>();
    private volatile boolean done;

    private record Undo(String what, Work work) {}

    /** Something to undo. */
    interface Work {
        void run() throws Exception;
    }

    /** Remembers how to undo what was just made; undoes it at once when everything else already was. */
    synchronized void later(String what, Work work) {
        undos.push(new Undo(what, work));
        if (done) {
            close();
        }
    }

    /** Whether undoing has begun. */
    boolean hasBegun() {
        return done;
    }

    @Override
    public synchronized void close() {
        done = true;
        while (!undos.isEmpty()) {
            Undo undo = undos.pop();
            try {
                undo.work().run();
            } catch (Exception e) {
                // The rest must still be removed; what stays behind is named.
                LOG.atError().setCause(e).log("The demo could not remove {}", undo.what());
            }
        }
    }
}
