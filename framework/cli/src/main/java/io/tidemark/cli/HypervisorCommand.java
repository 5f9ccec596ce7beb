package io.tidemark.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidemark hypervisor}: the hypervisor instances of a site. */
@Command(name = "hypervisor", mixinStandardHelpOptions = true, description = "The hypervisors of the site.")
final class HypervisorCommand {
    private final Session session;

    HypervisorCommand(Session session) {
        this.session = session;
    }

    @Command(description = "List the hypervisors and how each is.", mixinStandardHelpOptions = true)
    int list() throws ApiException {
        JsonNode found = session.api().get("/hypervisors");
        TextTable table = new TextTable("NAME", "KIND", "STATE", "DESCRIPTION");
        found.path("items")
                .forEach(each -> table.row(
                        each.path("name").asText(),
                        each.path("kind").asText(),
                        each.path("state").asText().toLowerCase(java.util.Locale.ROOT),
                        each.path("detail").asText().isEmpty()
                                ? each.path("description").asText()
                                : each.path("detail").asText()));
        return session.show(found, table);
    }

    @Command(description = "Add a hypervisor and connect to it.", mixinStandardHelpOptions = true)
    int add(
            @Parameters(paramLabel = "NAME", description = "Name of it at this site.") String name,
            @Option(names = "--kind", required = true, paramLabel = "KIND", description = "Kind that a plugin offers.")
                    String kind,
            @Option(names = "--set", paramLabel = "KEY=VALUE", description = "A setting; may be repeated.") @Nullable Map<String, String> settings)
            throws ApiException {
        ObjectNode request = Session.object().put("name", name).put("kind", kind);
        ObjectNode values = request.putObject("settings");
        if (settings != null) {
            settings.forEach(values::put);
        }
        JsonNode added = session.api().post("/hypervisors", request);
        return session.show(
                added,
                () -> session.out.println("Hypervisor " + name + " is "
                        + added.path("state").asText().toLowerCase(java.util.Locale.ROOT) + ". "
                        + Human.text(added.path("description"))));
    }

    @Command(description = "Disconnect from a hypervisor and forget it.", mixinStandardHelpOptions = true)
    int remove(
            @Parameters(paramLabel = "NAME", description = "Name of it at this site.") String name,
            @Option(names = "--yes", description = "Do not ask.") boolean yes)
            throws ApiException {
        session.confirm(
                Session.Confirmation.of(yes),
                "Hypervisor " + name + " is disconnected and its settings are forgotten.",
                name);
        JsonNode answer = session.api().delete("/hypervisors/" + ApiClient.segment(name));
        return session.show(answer, () -> session.out.println("Hypervisor " + name + " was removed."));
    }
}
