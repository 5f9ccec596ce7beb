package io.tidemark.transport.tcp;

import io.tidemark.spi.block.BlockNetwork;
import io.tidemark.spi.plugin.ProviderContext;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.ThreadFactory;

/** Gives what a transport uses of its host: threads. */
final class ThreadsOnlyContext implements ProviderContext {
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
        return Thread.ofPlatform().name(role).daemon().factory();
    }

    @Override
    public Path stateDirectory() {
        throw new UnsupportedOperationException("a transport keeps no state");
    }

    @Override
    public BlockNetwork blockNetwork() {
        throw new UnsupportedOperationException("a transport has nothing to do with block devices");
    }

    @Override
    public void event(Severity severity, String message) {}
}
