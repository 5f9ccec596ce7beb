package io.tidemark.pluginhost;

import io.tidemark.spi.block.BlockNetwork;
import io.tidemark.spi.plugin.ProviderContext;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.ThreadFactory;

/** A context for plugins that use none. */
final class NoContext implements ProviderContext {
    @Override
    public String instanceName() {
        return "test";
    }

    @Override
    public Clock clock() {
        return Clock.systemUTC();
    }

    @Override
    public ThreadFactory threads(String role) {
        return Thread.ofPlatform().daemon().factory();
    }

    @Override
    public Path stateDirectory() {
        throw new UnsupportedOperationException();
    }

    @Override
    public BlockNetwork blockNetwork() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void event(Severity severity, String message) {}
}
