package io.tidemark.server;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The parts of a server that are open, closed in the reverse order of their opening. Used by one thread at a time. */
final class OpenParts implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OpenParts.class);

    private final Deque<Part> parts = new ArrayDeque<>();

    private record Part(String name, AutoCloseable closeable) {}

    /** Takes charge of a part and hands it back. */
    <T extends AutoCloseable> T add(String name, T part) {
        parts.push(new Part(name, part));
        return part;
    }

    /** Closes all; a part that fails to close keeps no other from being closed. Idempotent, never throws. */
    @Override
    public void close() {
        while (!parts.isEmpty()) {
            Part part = parts.pop();
            try {
                part.closeable().close();
            } catch (Exception e) {
                LOG.atWarn()
                        .addKeyValue("part", part.name())
                        .setCause(e)
                        .log("A part of the server did not close cleanly");
            }
        }
    }
}
