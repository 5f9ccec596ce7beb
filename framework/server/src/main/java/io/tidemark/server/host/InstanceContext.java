package io.tidemark.server.host;

import io.tidemark.spi.block.BlockNetwork;
import io.tidemark.spi.plugin.ProviderContext;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.ThreadFactory;

/**
 * The host as one provider instance sees it.
 *
 * @param owner prefix of thread names, so that two sites in one process can be told apart
 */
public record InstanceContext(
        String owner,
        String instanceName,
        Clock clock,
        Path stateDirectory,
        BlockNetwork blockNetwork,
        EventSink events)
        implements ProviderContext {
    @Override
    public ThreadFactory threads(String role) {
        return NamedThreads.of(owner + "-" + instanceName, role);
    }

    @Override
    public void event(Severity severity, String message) {
        events.report(instanceName, severity, message);
    }
}
