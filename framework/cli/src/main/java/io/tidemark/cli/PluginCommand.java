package io.tidemark.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidemark plugin}: the plugins of a server. */
@Command(name = "plugin", mixinStandardHelpOptions = true, description = "The plugins of the server.")
final class PluginCommand {
    private final Session session;

    PluginCommand(Session session) {
        this.session = session;
    }

    @Command(description = "List plugins, and why any was refused.", mixinStandardHelpOptions = true)
    int list() throws ApiException {
        JsonNode found = session.api().get("/plugins");
        TextTable table = new TextTable("ID", "VERSION", "STATE", "PROVIDES");
        List<String> problems = new ArrayList<>();
        found.path("items").forEach(plugin -> {
            List<String> provides = new ArrayList<>();
            plugin.path("provides").forEach(each -> provides.add(each.asText()));
            table.row(
                    plugin.path("id").asText(),
                    Human.text(plugin.path("version")),
                    plugin.path("state").asText().toLowerCase(Locale.ROOT).replace('_', ' '),
                    provides.isEmpty() ? "-" : String.join(", ", provides));
            if (plugin.path("problem").isObject()) {
                problems.add(plugin.path("id").asText() + ": " + text(plugin.path("problem")));
            }
        });
        return session.show(found, () -> {
            table.print(session.out);
            problems.forEach(session.err::println);
        });
    }

    private static String text(JsonNode problem) {
        return problem.path("title").asText() + ": " + problem.path("detail").asText() + ". "
                + problem.path("remedy").asText();
    }

    @Command(
            description = "Check a plugin zip and install it; in use after the next start.",
            mixinStandardHelpOptions = true)
    int install(@Parameters(paramLabel = "FILE", description = "The plugin's zip.") Path file)
            throws ApiException, IOException {
        JsonNode installed = session.api().postFile("/plugins", file);
        return session.show(
                installed,
                () -> session.out.println(
                        "Plugin " + installed.path("id").asText() + " " + Human.text(installed.path("version"))
                                + " is installed; it is used from the server's next start on."));
    }

    @Command(description = "Check a plugin zip without installing it.", mixinStandardHelpOptions = true)
    int verify(@Parameters(paramLabel = "FILE", description = "The plugin's zip.") Path file)
            throws ApiException, IOException {
        JsonNode report = session.api().postFile("/plugins/verifications", file);
        int shown = session.show(report, Details.of(report));
        if (!report.path("accepted").asBoolean()) {
            JsonNode problem = report.path("problem");
            throw new Failure(
                    ExitCode.ERROR,
                    problem.path("title").asText(),
                    problem.path("detail").asText(),
                    problem.path("remedy").asText());
        }
        return shown;
    }

    @Command(description = "Remove a plugin; in use until the next start.", mixinStandardHelpOptions = true)
    int remove(
            @Parameters(paramLabel = "ID", description = "Id of the plugin.") String id,
            @Option(names = "--yes", description = "Do not ask.") boolean yes)
            throws ApiException {
        session.confirm(
                Session.Confirmation.of(yes),
                "Plugin " + id + " is not loaded any more from the server's next start on.",
                id);
        JsonNode answer = session.api().delete("/plugins/" + ApiClient.segment(id));
        return session.show(
                answer,
                () -> session.out.println("Plugin " + id + " is removed; it is in use until the server's next start."));
    }
}
