package io.tidemark.launcher;

import io.tidemark.cli.TidemarkCli;
import io.tidemark.launcher.demo.DemoCommand;
import io.tidemark.launcher.journal.JournalCommand;
import io.tidemark.server.ServerCommand;
import io.tidemark.server.dataplane.ReplicationDataPlaneFactory;
import java.util.Arrays;
import picocli.CommandLine;

/** Entry point: {@code server}, {@code journal} and {@code demo} run here, every other word is the command line client's. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        String verb = arguments.length == 0 ? "" : arguments[0];
        String[] rest = arguments.length == 0 ? arguments : Arrays.copyOfRange(arguments, 1, arguments.length);
        // Logs are the server's output; beside a story or a table they would only be noise, unless asked for.
        if (System.getProperty("tidemark.log") == null) {
            System.setProperty("tidemark.log", verb.equals("server") ? "INFO" : "ERROR");
        }
        int status =
                switch (verb) {
                    case "server" ->
                        new CommandLine(new ServerCommand(new ReplicationDataPlaneFactory()))
                                .execute(BundledPlugins.orNamed(rest));
                    case "journal" -> JournalCommand.commandLine().execute(rest);
                    case "demo" -> new CommandLine(new DemoCommand()).execute(rest);
                    default -> {
                        TidemarkCli.main(arguments);
                        yield 0;
                    }
                };
        System.exit(status);
    }
}
