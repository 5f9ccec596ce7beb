package io.tidemark.tck.hypervisor;

import io.tidemark.spi.block.BlockNetwork;
import io.tidemark.spi.plugin.ProviderContext;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The host side of a provider under test: counts the threads that it starts and keeps the events that it reports. Any thread. */
public final class TckProviderContext implements ProviderContext {
    private static final Logger LOG = LoggerFactory.getLogger(TckProviderContext.class);

    private final String instanceName;
    private final Path stateDirectory;
    private final BlockNetwork blockNetwork;
    private final List<Thread> threads = new CopyOnWriteArrayList<>();
    private final List<Event> events = new CopyOnWriteArrayList<>();

    /**
     * @param stateDirectory exists
     * @param blockNetwork a real one, whose exports other processes can open
     */
    public TckProviderContext(String instanceName, Path stateDirectory, BlockNetwork blockNetwork) {
        this.instanceName = instanceName;
        this.stateDirectory = stateDirectory;
        this.blockNetwork = blockNetwork;
    }

    @Override
    public String instanceName() {
        return instanceName;
    }

    @Override
    public Clock clock() {
        return Clock.systemUTC();
    }

    @Override
    public ThreadFactory threads(String role) {
        AtomicInteger number = new AtomicInteger();
        return task -> {
            Thread thread = Thread.ofPlatform()
                    .name(instanceName + "-" + role + "-" + number.incrementAndGet())
                    .daemon()
                    .unstarted(task);
            threads.add(thread);
            return thread;
        };
    }

    @Override
    public Path stateDirectory() {
        return stateDirectory;
    }

    @Override
    public BlockNetwork blockNetwork() {
        return blockNetwork;
    }

    @Override
    public void event(Severity severity, String message) {
        events.add(new Event(severity, message));
        LOG.atInfo()
                .addKeyValue("instance", instanceName)
                .addKeyValue("severity", severity)
                .log(message);
    }

    /** Names of threads that the provider started and that still run. */
    public List<String> runningThreads() {
        return threads.stream().filter(Thread::isAlive).map(Thread::getName).toList();
    }

    /** What the provider reported so far. */
    public List<Event> events() {
        return List.copyOf(events);
    }

    /** One report of the provider. */
    public record Event(Severity severity, String message) {}
}
