package io.tidemark.server.host;

import io.tidemark.control.dataplane.Hypervisors;
import io.tidemark.pluginhost.PluginHost;
import io.tidemark.pluginhost.ProviderSettings;
import io.tidemark.spi.block.BlockNetwork;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.ConfigSpec;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.plugin.ProviderConfig;
import io.tidemark.spi.plugin.ProviderContext.Severity;
import io.tidemark.spi.plugin.ProviderKind;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.HypervisorSiteFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The hypervisor instances of this site: each is opened, and opened again with growing pauses for as long as its far end does not answer.
 *
 * <pre>
 *   OPENING ──opened──▶ OPEN ──close──▶ (gone)
 *      ▲  │                               ▲
 *      │  └──failed──▶ UNAVAILABLE ──close┘
 *      └────pause over─────┘
 * </pre>
 *
 * Safe for use by several threads; opening happens on virtual threads.
 */
public final class HypervisorInstances implements Hypervisors, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HypervisorInstances.class);
    private static final Duration OPEN_LIMIT = Duration.ofSeconds(30);
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(60);

    private final PluginHost plugins;
    private final Environment environment;
    private final Map<String, Instance> instances = new ConcurrentHashMap<>();
    private final ScheduledExecutorService timer;

    public HypervisorInstances(PluginHost plugins, Environment environment) {
        this.plugins = plugins;
        this.environment = environment;
        this.timer = new ScheduledThreadPoolExecutor(1, NamedThreads.of(environment.owner(), "hypervisors"));
    }

    /**
     * What instances are given.
     *
     * @param stateRoot folder in which each instance has one of its own
     */
    public record Environment(String owner, Clock clock, Path stateRoot, BlockNetwork blockNetwork, EventSink events) {}

    /** Where an instance stands. */
    public enum State {
        OPENING,
        OPEN,
        UNAVAILABLE
    }

    /**
     * An instance as an operator sees it.
     *
     * @param detail why it is not open; empty when it is
     * @param site empty unless open
     */
    public record Status(State state, String detail, Optional<HypervisorSite> site) {}

    /**
     * Checks that an instance with these settings can be configured, without opening it.
     *
     * @throws ProviderException {@code REJECTED} when no plugin offers the kind, or the settings do not fit it
     */
    public void check(String kind, Map<String, String> settings) throws ProviderException {
        HypervisorSiteFactory factory = factory(kind);
        ProviderSettings.validated(factory.kind(), factory.configSpec(), settings);
    }

    /** Settings that may be shown: those that the kind's plugin declares secret, or does not know, are left out. */
    public Map<String, String> showable(String kind, Map<String, String> settings) {
        Map<String, String> plain = new TreeMap<>();
        plugins.hypervisor(new ProviderKind(kind)).ifPresent(factory -> factory.configSpec().keys().stream()
                .filter(key -> key.secrecy() == ConfigSpec.Secrecy.PLAIN && settings.containsKey(key.name()))
                .forEach(key -> plain.put(key.name(), settings.getOrDefault(key.name(), ""))));
        return plain;
    }

    /** Begins to open an instance; a second call for the same name does nothing. Waits for the first attempt, not for its success. */
    public void add(String name, String kind, Map<String, String> settings) {
        Instance instance = new Instance(name, kind, settings);
        if (instances.putIfAbsent(name, instance) == null) {
            instance.attempt();
        }
    }

    /** Closes an instance and forgets it. Does nothing when there is none of that name. */
    public void remove(String name) {
        Instance instance = instances.remove(name);
        if (instance != null) {
            instance.close();
        }
    }

    public Optional<Status> status(String name) {
        return Optional.ofNullable(instances.get(name)).map(Instance::status);
    }

    @Override
    public Map<String, HypervisorSite> open() {
        Map<String, HypervisorSite> open = new TreeMap<>();
        instances.forEach((name, instance) -> instance.status().site().ifPresent(site -> open.put(name, site)));
        return open;
    }

    private HypervisorSiteFactory factory(String kind) throws ProviderException {
        return plugins.hypervisor(new ProviderKind(kind))
                .orElseThrow(
                        () -> new ProviderException(
                                FailureKind.REJECTED,
                                "No hypervisor of kind '" + kind + "' can be used",
                                "no loaded plugin offers this kind; there are "
                                        + plugins.factories(HypervisorSiteFactory.class).stream()
                                                .map(each -> each.kind().value())
                                                .toList(),
                                "Install the plugin and restart the server, or correct the kind; 'plugin list' says why a plugin was refused."));
    }

    /** Closes all instances. Idempotent, never throws. */
    @Override
    public void close() {
        timer.shutdownNow();
        instances.keySet().forEach(this::remove);
    }

    /** One configured instance. */
    private final class Instance {
        private final String name;
        private final String kind;
        private final Map<String, String> settings;
        private State state = State.OPENING;
        private String detail = "it is being opened";
        private Duration pause = FIRST_PAUSE;
        private @Nullable HypervisorSite site;
        private boolean closed;

        Instance(String name, String kind, Map<String, String> settings) {
            this.name = name;
            this.kind = kind;
            this.settings = Map.copyOf(settings);
        }

        synchronized Status status() {
            return new Status(state, detail, Optional.ofNullable(site));
        }

        /** Opens it outside of the lock, so that its status can be read meanwhile. */
        void attempt() {
            try {
                HypervisorSite opened = openNow();
                if (!accepted(opened)) {
                    opened.close();
                }
            } catch (ProviderException e) {
                unavailable(e);
            }
        }

        private HypervisorSite openNow() throws ProviderException {
            HypervisorSiteFactory factory = factory(kind);
            ProviderConfig config = ProviderSettings.validated(factory.kind(), factory.configSpec(), settings);
            Path folder = environment.stateRoot().resolve(name);
            try {
                Files.createDirectories(folder);
            } catch (IOException e) {
                throw new ProviderException(
                        FailureKind.RETRY_LATER,
                        "Hypervisor '" + name + "' was not opened",
                        "its folder " + folder + " cannot be made: " + e.getMessage(),
                        "Check permissions and room of the data folder.",
                        e);
            }
            InstanceContext context = new InstanceContext(
                    environment.owner(),
                    name,
                    environment.clock(),
                    folder,
                    environment.blockNetwork(),
                    environment.events());
            return factory.open(config, context, Deadline.after(OPEN_LIMIT));
        }

        private synchronized boolean accepted(HypervisorSite opened) {
            if (closed) {
                return false;
            }
            site = opened;
            state = State.OPEN;
            detail = "";
            LOG.atInfo()
                    .addKeyValue("hypervisor", name)
                    .addKeyValue("description", opened.description())
                    .log("Hypervisor opened");
            environment
                    .events()
                    .report(name, Severity.INFO, "Hypervisor '" + name + "' is open: " + opened.description() + ".");
            return true;
        }

        private synchronized void unavailable(ProviderException cause) {
            if (closed) {
                return;
            }
            String text = cause.happened() + ": " + cause.why() + ". " + cause.remedy();
            if (state != State.UNAVAILABLE) {
                environment.events().report(name, Severity.WARNING, text);
            }
            state = State.UNAVAILABLE;
            detail = text;
            LOG.atWarn()
                    .addKeyValue("hypervisor", name)
                    .addKeyValue("retryInSeconds", pause.toSeconds())
                    .addKeyValue("why", text)
                    .log("Hypervisor cannot be opened; it is tried again");
            if (!timer.isShutdown()) {
                timer.schedule(
                        () -> Thread.ofVirtual().name("open-" + name).start(this::attempt),
                        pause.toMillis(),
                        TimeUnit.MILLISECONDS);
            }
            pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
        }

        void close() {
            HypervisorSite opened;
            synchronized (this) {
                closed = true;
                opened = site;
                site = null;
            }
            if (opened != null) {
                opened.close();
            }
        }
    }
}
