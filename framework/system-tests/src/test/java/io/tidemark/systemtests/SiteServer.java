package io.tidemark.systemtests;

import io.tidemark.server.ServerException;
import io.tidemark.server.ServerSettings;
import io.tidemark.server.TidemarkServer;
import io.tidemark.server.dataplane.ReplicationDataPlaneFactory;
import io.tidemark.server.wiring.DataPlaneFactory;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.transport.Endpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A whole site in this process; may be stopped and started again at the same addresses. */
final class SiteServer implements AutoCloseable {
    private final ServerSettings settings;
    private final DataPlaneFactory dataPlanes;
    private TidemarkServer server;
    private SiteApi api;

    private SiteServer(ServerSettings settings, DataPlaneFactory dataPlanes, TidemarkServer server, SiteApi api) {
        this.settings = settings;
        this.dataPlanes = dataPlanes;
        this.server = server;
        this.api = api;
    }

    static SiteServer start(Workspace workspace, String name) throws Exception {
        return start(workspace, name, new ReplicationDataPlaneFactory());
    }

    static SiteServer start(Workspace workspace, String name, DataPlaneFactory dataPlanes) throws Exception {
        ServerSettings settings = ServerSettings.loopback(workspace.folder(name), name, Workspace.PLUGINS)
                .listening(new Endpoint("127.0.0.1", FreePort.next()), new Endpoint("127.0.0.1", FreePort.next()));
        TidemarkServer server = TidemarkServer.start(settings, dataPlanes);
        return workspace.closing(new SiteServer(settings, dataPlanes, server, api(server)));
    }

    private static SiteApi api(TidemarkServer server) throws IOException {
        return new SiteApi(
                server.restUrl(), Files.readString(server.adminTokenFile()).strip());
    }

    void stop() {
        api.close();
        server.close();
    }

    void startAgain() throws ServerException, IOException {
        server = TidemarkServer.start(settings, dataPlanes);
        api = api(server);
    }

    SiteApi api() {
        return api;
    }

    TidemarkServer server() {
        return server;
    }

    Path adminTokenFile() {
        return server.adminTokenFile();
    }

    HypervisorSite hypervisor(String name) {
        return server.hypervisors().find(name).orElseThrow();
    }

    @Override
    public void close() {
        stop();
    }
}
