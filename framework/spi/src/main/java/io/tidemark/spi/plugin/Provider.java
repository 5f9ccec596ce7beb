package io.tidemark.spi.plugin;

import io.tidemark.spi.error.ProviderException;
import java.util.Set;

/** An open connection to a far end. Safe for use by several threads. */
public interface Provider extends AutoCloseable {
    /** What the far end is, with the versions detected there (not here), for people. */
    String description();

    /** What this instance can do; asked once after open. A missing ability is refused or emulated by the host, never guessed. */
    Set<Capability> capabilities();

    /**
     * Asks the far end whether it is there.
     *
     * @throws ProviderException with the reason and remedy when it is not well
     */
    void checkHealth(Deadline deadline) throws ProviderException;

    /** Releases everything within seconds; idempotent; never throws. */
    @Override
    void close();
}
