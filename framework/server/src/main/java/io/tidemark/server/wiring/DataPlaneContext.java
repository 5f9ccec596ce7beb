package io.tidemark.server.wiring;

import io.tidemark.control.dataplane.Hypervisors;
import io.tidemark.spi.block.BlockNetwork;
import io.tidemark.spi.id.SiteId;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.ThreadFactory;
import java.util.function.Function;

/**
 * What the data plane is given.
 *
 * @param site the site that it serves
 * @param directory a folder of its own that survives restarts; exists
 * @param hypervisors the instances open at the time of each call
 * @param streams to paired sites
 * @param blockNetwork exports devices on unix sockets whose paths are short enough, and opens those of others
 * @param clock wall clock of checkpoints and events
 * @param threads by role, a maker of named daemon platform threads
 */
public record DataPlaneContext(
        SiteId site,
        Path directory,
        Hypervisors hypervisors,
        JournalStreams streams,
        BlockNetwork blockNetwork,
        Clock clock,
        Function<String, ThreadFactory> threads) {}
