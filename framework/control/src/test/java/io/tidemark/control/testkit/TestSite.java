package io.tidemark.control.testkit;

import io.tidemark.control.ControlPlane;
import io.tidemark.control.ControlSettings;
import io.tidemark.control.DataPlane;
import io.tidemark.control.catalog.Catalog;
import io.tidemark.control.dataplane.Hypervisors;
import io.tidemark.control.dataplane.PeerLink;
import io.tidemark.control.site.PeerDirectory;
import io.tidemark.control.site.PeerIdentity;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.transport.Endpoint;
import io.tidemark.spi.transport.PeerFingerprint;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** One site: a control plane over fakes, which can be killed and started again. */
public final class TestSite implements AutoCloseable, Hypervisors, PeerLink {
    public final Crashes crashes = new Crashes();
    public final FakeJournals journals = new FakeJournals(crashes);
    public final FakeHypervisor hypervisor = new FakeHypervisor(crashes);
    public final FakeEngine engine;
    private final SiteId id = SiteId.random();
    private final String name;
    private final Path catalogFile;
    private final TestWorld world;
    private final Map<String, HypervisorSite> open = new ConcurrentHashMap<>();
    private @Nullable Catalog catalog;
    private @Nullable ControlPlane plane;

    TestSite(String name, Path folder, TestWorld world) {
        this.name = name;
        this.catalogFile = folder.resolve(name + ".db");
        this.world = world;
        this.engine = new FakeEngine(
                world.time, () -> world.linkIsUp() ? Optional.of(world.other(this).journals) : Optional.empty());
        open.put("hv-" + name, hypervisor);
        start();
    }

    public SiteId id() {
        return id;
    }

    public String name() {
        return name;
    }

    public ControlPlane plane() {
        ControlPlane running = plane;
        if (running == null) {
            throw new AssertionError("site " + name + " does not run");
        }
        return running;
    }

    public Catalog catalog() {
        Catalog running = catalog;
        if (running == null) {
            throw new AssertionError("site " + name + " does not run");
        }
        return running;
    }

    public PeerIdentity identity() {
        String digit = Integer.toHexString(Math.floorMod(name.hashCode(), 16));
        return new PeerIdentity(id, name, new PeerFingerprint(digit.repeat(64)), new Endpoint("127.0.0.1", 9000));
    }

    public ControlSettings settings() {
        ControlSettings defaults = ControlSettings.defaults(id, name);
        return new ControlSettings(
                id,
                name,
                defaults.pairingLifetime(),
                Duration.ofSeconds(5),
                Duration.ofSeconds(5),
                Duration.ofSeconds(5),
                Duration.ofSeconds(5),
                Duration.ofMillis(300),
                defaults.heartbeatInterval(),
                defaults.ageingInterval(),
                defaults.retryDelay());
    }

    public void start() {
        crashes.revive();
        Catalog opened = new Catalog(catalogFile);
        catalog = opened;
        PeerDirectory directory = new PeerDirectory(opened, world.time);
        plane = new ControlPlane(
                settings(), opened, directory, new DataPlane(engine, journals, this, this), world.time, world.time);
    }

    /** Ends the process without a word: what the data plane had in memory is gone. */
    public void kill() {
        ControlPlane running = plane;
        Catalog opened = catalog;
        plane = null;
        catalog = null;
        if (running != null) {
            running.close();
        }
        if (opened != null) {
            opened.close();
        }
        engine.processDied();
        journals.processDied();
    }

    public void restart() {
        kill();
        start();
    }

    /** Hypervisor instances by name; tests add and remove. */
    public Map<String, HypervisorSite> instances() {
        return open;
    }

    @Override
    public Map<String, HypervisorSite> open() {
        return new TreeMap<>(open);
    }

    @Override
    public String call(SiteId peer, String verb, String json, Deadline deadline) throws ProviderException {
        return crashes.effect("call " + verb, () -> {
            TestSite other = world.other(this);
            ControlPlane answering = other.plane;
            if (!world.linkIsUp() || answering == null || !other.id.equals(peer)) {
                throw new ProviderException(
                        FailureKind.UNREACHABLE, "No answer", "nobody listens there", "Check the network.");
            }
            return answering.answer(id, verb, json);
        });
    }

    @Override
    public void close() {
        kill();
    }
}
