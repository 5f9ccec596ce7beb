package io.tidemark.spi.plugin;

import io.tidemark.spi.block.BlockNetwork;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.ThreadFactory;

/** What the host gives to one provider instance. Implemented by the host only. */
public interface ProviderContext {
    /** Name of the instance, unique on its site; part of thread and log names. */
    String instanceName();

    Clock clock();

    /** The only lawful way to start a thread: named, counted, daemon. */
    ThreadFactory threads(String role);

    /** A folder that belongs to this instance and survives restarts. Exists. */
    Path stateDirectory();

    /** Exports and opens block devices over NBD on this host. */
    BlockNetwork blockNetwork();

    /** Reports something that an operator should see in the event list. Never blocks. */
    void event(Severity severity, String message);

    /** How much an event matters. */
    enum Severity {
        INFO,
        WARNING,
        ERROR
    }
}
