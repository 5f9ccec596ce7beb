package io.tidemark.server.host;

import java.util.concurrent.ThreadFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the server's platform threads: daemons, named by owner and role, whose uncaught exceptions are logged. */
public final class NamedThreads {
    private static final Logger LOG = LoggerFactory.getLogger(NamedThreads.class);

    private NamedThreads() {}

    public static ThreadFactory of(String owner, String role) {
        return Thread.ofPlatform()
                .daemon()
                .name(owner + "-" + role + "-", 1)
                .uncaughtExceptionHandler((thread, cause) -> LOG.atError()
                        .addKeyValue("thread", thread.getName())
                        .setCause(cause)
                        .log("A thread died of an unexpected error"))
                .factory();
    }
}
