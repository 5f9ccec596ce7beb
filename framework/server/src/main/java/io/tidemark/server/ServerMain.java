package io.tidemark.server;

import io.tidemark.server.wiring.DataPlaneFactory;
import java.util.ServiceLoader;
import picocli.CommandLine;

/** Entry point of a server process; the data plane is the one that the build declares as a service. */
public final class ServerMain {
    private ServerMain() {}

    public static void main(String[] arguments) {
        DataPlaneFactory dataPlanes = ServiceLoader.load(DataPlaneFactory.class)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(
                        "This build has no data plane: no class is declared in META-INF/services/"
                                + DataPlaneFactory.class.getName()));
        System.exit(new CommandLine(new ServerCommand(dataPlanes)).execute(arguments));
    }
}
