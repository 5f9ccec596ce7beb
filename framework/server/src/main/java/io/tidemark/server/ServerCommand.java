package io.tidemark.server;

import io.tidemark.server.rest.RestServer.Encryption;
import io.tidemark.server.wiring.DataPlaneFactory;
import io.tidemark.spi.plugin.ProviderKind;
import io.tidemark.spi.transport.Endpoint;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code server}: runs one site until the process is told to end (SIGTERM, Ctrl-C). */
@Command(
        name = "server",
        mixinStandardHelpOptions = true,
        description = "Runs the server of one site until it is told to end (SIGTERM, Ctrl-C).")
public final class ServerCommand implements Callable<Integer> {
    private static final int FAILED = 1;
    private static final int USAGE = 2;

    private final DataPlaneFactory dataPlanes;

    @Spec
    private @Nullable CommandSpec spec;

    @Option(
            names = "--data",
            required = true,
            paramLabel = "DIR",
            description = "Folder of everything that the site keeps.")
    private Path data = Path.of("");

    @Option(names = "--name", required = true, paramLabel = "NAME", description = "Name of the site.")
    private String name = "";

    @Option(
            names = "--rest",
            defaultValue = "127.0.0.1:9443",
            paramLabel = "HOST:PORT",
            description = "Where clients reach the API (default: ${DEFAULT-VALUE}).")
    private String rest = "";

    @Option(
            names = "--rest-tls",
            description = "Speak HTTPS with the site's certificate; always needed beyond loopback.")
    private boolean restTls;

    @Option(
            names = "--peer",
            defaultValue = "127.0.0.1:9444",
            paramLabel = "HOST:PORT",
            description = "Where other sites reach this one (default: ${DEFAULT-VALUE}).")
    private String peer = "";

    @Option(names = "--advertise", paramLabel = "HOST:PORT", description = "What other sites are told to connect to.")
    private @Nullable String advertise;

    @Option(
            names = "--plugins",
            defaultValue = "plugins",
            paramLabel = "DIR",
            description = "Folder of the plugin zips (default: ${DEFAULT-VALUE}).")
    private Path plugins = Path.of("");

    @Option(
            names = "--transport",
            defaultValue = "tcp",
            paramLabel = "KIND",
            description = "How sites talk to each other (default: ${DEFAULT-VALUE}).")
    private String transport = "";

    public ServerCommand(DataPlaneFactory dataPlanes) {
        this.dataPlanes = dataPlanes;
    }

    @Override
    public Integer call() throws InterruptedException {
        CommandSpec command = java.util.Objects.requireNonNull(spec, "picocli sets it before the call");
        PrintWriter out = command.commandLine().getOut();
        PrintWriter err = command.commandLine().getErr();
        ServerSettings settings;
        try {
            settings = settings();
        } catch (IllegalArgumentException e) {
            err.println("The server was not started: " + e.getMessage());
            return USAGE;
        }
        try (TidemarkServer server = TidemarkServer.start(settings, dataPlanes)) {
            out.println(
                    "Site " + server.site().name() + " serves its API at " + server.restUrl() + " and other sites at "
                            + server.peerEndpoint() + "; the administrator's token is in " + server.adminTokenFile());
            out.flush();
            untilToldToEnd(server);
            return 0;
        } catch (ServerException e) {
            err.println("The server was not started. " + e.getMessage());
            return FAILED;
        }
    }

    /** The hook closes the server, because the JVM halts when its hooks are done, whatever other threads still do. */
    private static void untilToldToEnd(TidemarkServer server) throws InterruptedException {
        CountDownLatch ended = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(Thread.ofPlatform().name("server-shutdown").unstarted(() -> {
                    server.close();
                    ended.countDown();
                }));
        ended.await();
    }

    private ServerSettings settings() {
        return new ServerSettings(
                data,
                name,
                Endpoint.parse(rest),
                restTls ? Encryption.TLS : Encryption.NONE,
                Endpoint.parse(peer),
                Optional.ofNullable(advertise).map(Endpoint::parse),
                plugins,
                new ProviderKind(transport),
                Map.of(),
                Duration.ofMinutes(15));
    }
}
