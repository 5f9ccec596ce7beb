package io.tidemark.server;

import io.tidemark.control.ControlException;
import io.tidemark.control.ControlPlane;
import io.tidemark.control.ControlSettings;
import io.tidemark.control.catalog.Catalog;
import io.tidemark.control.dataplane.Hypervisors;
import io.tidemark.control.dataplane.JournalStore;
import io.tidemark.control.site.HypervisorConfiguration;
import io.tidemark.control.site.PeerDirectory;
import io.tidemark.control.time.SystemTimer;
import io.tidemark.pluginhost.PluginException;
import io.tidemark.pluginhost.PluginHost;
import io.tidemark.pluginhost.PluginHostConfig;
import io.tidemark.pluginhost.ProviderSettings;
import io.tidemark.server.host.HypervisorInstances;
import io.tidemark.server.host.InstanceContext;
import io.tidemark.server.host.NamedThreads;
import io.tidemark.server.host.NbdBlockNetwork;
import io.tidemark.server.identity.AdminToken;
import io.tidemark.server.identity.IdentityStore;
import io.tidemark.server.identity.LocalSite;
import io.tidemark.server.peer.CatalogPeers;
import io.tidemark.server.peer.PeerMesh;
import io.tidemark.server.rest.ApiContext;
import io.tidemark.server.rest.RestServer;
import io.tidemark.server.rest.SiteControl;
import io.tidemark.server.wiring.DataPlane;
import io.tidemark.server.wiring.DataPlaneContext;
import io.tidemark.server.wiring.DataPlaneFactory;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.transport.Endpoint;
import io.tidemark.spi.transport.Transport;
import io.tidemark.spi.transport.TransportFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running site: manager and appliance in one process. Several may run in one JVM, each in a data folder of its own.
 *
 * <p>Parts come up in this order and go down in the reverse one: data folder, identity, NBD, plugins, catalog, transport and peers,
 * hypervisors, data plane, control plane, peer listener, REST.
 */
public final class TidemarkServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TidemarkServer.class);
    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration DRAIN_LIMIT = Duration.ofSeconds(10);

    private final OpenParts parts;
    private final LocalSite site;
    private final AdminToken adminToken;
    private final PeerMesh mesh;
    private final RestServer rest;
    private final Hypervisors hypervisors;
    private final JournalStore journals;

    private TidemarkServer(
            OpenParts parts,
            LocalSite site,
            AdminToken adminToken,
            PeerMesh mesh,
            RestServer rest,
            Hypervisors hypervisors,
            JournalStore journals) {
        this.parts = parts;
        this.site = site;
        this.adminToken = adminToken;
        this.mesh = mesh;
        this.rest = rest;
        this.hypervisors = hypervisors;
        this.journals = journals;
    }

    /**
     * Starts a server and returns once it serves.
     *
     * @throws ServerException when it cannot start; everything that was opened is closed again
     */
    public static TidemarkServer start(ServerSettings settings, DataPlaneFactory dataPlanes) throws ServerException {
        OpenParts parts = new OpenParts();
        try {
            return start(settings, dataPlanes, parts);
        } catch (IOException
                | ProviderException
                | PluginException
                | ControlException
                | UncheckedIOException
                | IllegalArgumentException e) {
            parts.close();
            throw ServerException.of(e);
        } catch (RuntimeException | Error e) {
            parts.close();
            throw e;
        }
    }

    private static TidemarkServer start(ServerSettings settings, DataPlaneFactory dataPlanes, OpenParts parts)
            throws IOException, ProviderException, PluginException {
        Clock clock = Clock.systemUTC();
        DataFolder folder = parts.add("data folder", DataFolder.lock(settings.dataDirectory()));
        LocalSite site = new IdentityStore(folder.root().resolve("identity"), clock).openOrCreate(settings.siteName());
        AdminToken token = AdminToken.openOrCreate(
                folder.root().resolve("admin.token"),
                folder.root().resolve("identity").resolve("admin-token.sha256"));
        ExecutorService executor = executor(parts, site);
        NbdBlockNetwork network = parts.add("NBD", NbdBlockNetwork.open(folder.root()));
        PluginHost plugins = parts.add(
                "plugins",
                new PluginHost(PluginHostConfig.unsigned(settings.pluginDirectory(), folder.subfolder("plugin-work"))));
        Catalog catalog =
                parts.add("catalog", new Catalog(folder.subfolder("catalog").resolve("tidemark.db")));
        PeerDirectory directory = new PeerDirectory(catalog, clock);
        EventRelay events = parts.add("events", new EventRelay());
        Transport transport =
                parts.add("transport", transport(settings, site, plugins, folder, network, clock, events));
        PeerMesh mesh =
                parts.add("peers", new PeerMesh(site, transport, CatalogPeers.known(directory), executor, clock));
        HypervisorInstances hypervisors = parts.add(
                "hypervisors",
                new HypervisorInstances(
                        plugins,
                        new HypervisorInstances.Environment(
                                site.name(), clock, folder.subfolder("hypervisors"), network, events)));
        DataPlane dataPlane = parts.add(
                "data plane",
                dataPlanes.open(new DataPlaneContext(
                        site.id(),
                        folder.subfolder("data-plane"),
                        hypervisors,
                        mesh,
                        network,
                        clock,
                        role -> NamedThreads.of(site.name(), role))));
        SystemTimer timer = parts.add("timer", new SystemTimer());
        ControlPlane control = parts.add(
                "control plane",
                new ControlPlane(
                        controlSettings(settings, site),
                        catalog,
                        directory,
                        new io.tidemark.control.DataPlane(
                                dataPlane.protection(), dataPlane.journals(), mesh, hypervisors),
                        clock,
                        timer));
        events.deliverTo(control.events());
        openHypervisors(control, hypervisors);
        mesh.listen(
                settings.peer(),
                settings.advertisedPeer(),
                CatalogPeers.pairings(control.sites()),
                control,
                dataPlane::acceptJournalStream,
                Deadline.after(START_LIMIT));
        RestServer rest = parts.add(
                "REST",
                RestServer.start(
                        new RestServer.Config(
                                settings.rest(),
                                settings.restEncryption(),
                                site.certificateFile(),
                                site.keyFile(),
                                token),
                        new ApiContext(
                                site,
                                ServerVersion.current(),
                                SiteControl.of(control),
                                mesh,
                                hypervisors,
                                plugins,
                                folder.subfolder("uploads"),
                                executor)));
        LOG.atInfo()
                .addKeyValue("site", site.name())
                .addKeyValue("id", site.id())
                .addKeyValue("rest", rest.url())
                .addKeyValue("peers", mesh.endpoint())
                .log("Server started");
        return new TidemarkServer(parts, site, token, mesh, rest, hypervisors, dataPlane.journals());
    }

    private static ExecutorService executor(OpenParts parts, LocalSite site) {
        ExecutorService executor = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name(site.name() + "-call-", 1).factory());
        parts.add("calls under way", () -> {
            executor.shutdown();
            // Not interrupted: a call may be inside file I/O, which an interrupt would break for everybody (it closes
            // the channel).
            if (!executor.awaitTermination(DRAIN_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                LOG.atWarn()
                        .addKeyValue("site", site.name())
                        .log("Some calls were still under way when the server closed");
            }
        });
        return executor;
    }

    private static Transport transport(
            ServerSettings settings,
            LocalSite site,
            PluginHost plugins,
            DataFolder folder,
            NbdBlockNetwork network,
            Clock clock,
            EventRelay events)
            throws ProviderException, IOException {
        TransportFactory factory = plugins.transport(settings.transport())
                .orElseThrow(() -> new ProviderException(
                        FailureKind.REJECTED,
                        "The server cannot talk to other sites",
                        "no loaded plugin offers the transport '" + settings.transport() + "'; plugins in "
                                + settings.pluginDirectory() + ": " + plugins.plugins(),
                        "Put the plugin's zip into the plugin folder, or name another folder with --plugins."));
        Path state = folder.subfolder("transport");
        return factory.open(
                ProviderSettings.validated(factory.kind(), factory.configSpec(), settings.transportSettings()),
                new InstanceContext(site.name(), "transport", clock, state, network, events),
                Deadline.after(START_LIMIT));
    }

    private static ControlSettings controlSettings(ServerSettings settings, LocalSite site) {
        ControlSettings standard = ControlSettings.defaults(site.id(), site.name());
        return new ControlSettings(
                standard.site(),
                standard.siteName(),
                settings.pairingLifetime(),
                standard.peerTimeout(),
                standard.hypervisorTimeout(),
                standard.shutdownTimeout(),
                standard.promoteTimeout(),
                standard.tagTimeout(),
                standard.heartbeatInterval(),
                standard.ageingInterval(),
                standard.retryDelay());
    }

    /** Each on a thread of its own: one that hangs delays neither the others nor the start. */
    private static void openHypervisors(ControlPlane control, HypervisorInstances hypervisors) {
        for (HypervisorConfiguration each : control.hypervisors().list()) {
            Thread.ofVirtual()
                    .name("open-" + each.name())
                    .start(() -> hypervisors.add(each.name(), each.kind(), each.settings()));
        }
    }

    public LocalSite site() {
        return site;
    }

    /** Address of the API for clients, without its path, for example {@code http://127.0.0.1:9443}. */
    public String restUrl() {
        return rest.url();
    }

    /** Where other sites are told to connect to. */
    public Endpoint peerEndpoint() {
        return mesh.endpoint();
    }

    /** The hypervisors that are open, for a program that embeds the server and runs workloads on their sample VMs. */
    public Hypervisors hypervisors() {
        return hypervisors;
    }

    /** The journals kept here, for a program that embeds the server and compares their contents itself. */
    public JournalStore journals() {
        return journals;
    }

    /** Where the administrator's token was left at the first start. */
    public Path adminTokenFile() {
        return adminToken.file();
    }

    /** Stops serving and closes everything in order; what runs is resumed by the next start. Idempotent, never throws. */
    @Override
    public synchronized void close() {
        parts.close();
    }
}
