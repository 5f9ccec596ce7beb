package io.tidemark.systemtests;

import io.tidemark.server.ServerException;
import io.tidemark.server.ServerSettings;
import io.tidemark.server.TidemarkServer;
import io.tidemark.server.dataplane.ReplicationDataPlaneFactory;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.transport.Endpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A whole site in this process; may be stopped and started again at the same addresses. */
final class SiteServer implements AutoCloseable {
    private final ServerSettings settings;
    private TidemarkServer server;
    private SiteApi api;

    private SiteServer(ServerSettings settings, TidemarkServer server, SiteApi api) {
        this.settings = settings;
        this.server = server;
        this.api = api;
    }

    static SiteServer start(Workspace workspace, String name) throws Exception {
        ServerSettings settings = ServerSettings.loopback(workspace.folder(name), name, Workspace.PLUGINS)
                .listening(new Endpoint("127.0.0.1", FreePort.next()), new Endpoint("127.0.0.1", FreePort.next()));
        TidemarkServer server = TidemarkServer.start(settings, new ReplicationDataPlaneFactory());
        return workspace.closing(new SiteServer(settings, server, api(server)));
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
        server = TidemarkServer.start(settings, new ReplicationDataPlaneFactory());
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
