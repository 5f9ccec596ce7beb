package io.tidemark.tck.transport;

import io.tidemark.spi.block.BlockNetwork;
import io.tidemark.spi.plugin.ProviderContext;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadFactory;

/** A provider context that remembers the threads it gave out, so that a leak shows. */
final class RecordingContext implements ProviderContext {
    private final String name;
    private final List<Thread> threads = new CopyOnWriteArrayList<>();

    RecordingContext(String name) {
        this.name = name;
    }

    List<String> aliveThreads() {
        return threads.stream().filter(Thread::isAlive).map(Thread::getName).toList();
    }

    @Override
    public String instanceName() {
        return name;
    }

    @Override
    public Clock clock() {
        return Clock.systemUTC();
    }

    @Override
    public ThreadFactory threads(String role) {
        return work -> {
            Thread thread = Thread.ofPlatform().name(name + "-" + role).daemon().unstarted(work);
            threads.add(thread);
            return thread;
        };
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
