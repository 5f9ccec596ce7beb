package io.tidemark.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code tidemark event}: what happened. */
@Command(name = "event", mixinStandardHelpOptions = true, description = "What happened at the site.")
final class EventCommand {
    private final Session session;

    EventCommand(Session session) {
        this.session = session;
    }

    @Command(description = "List events, newest first.", mixinStandardHelpOptions = true)
    int list(
            @Option(names = "--vpg", paramLabel = "VPG", description = "Only of this VPG.") @Nullable String vpg,
            @Option(names = "--limit", defaultValue = "20", paramLabel = "N", description = "How many (default: 20).")
                    int limit)
            throws ApiException {
        JsonNode page =
                session.api().get("/events?limit=" + limit + (vpg == null ? "" : "&vpg=" + ApiClient.segment(vpg)));
        TextTable table = new TextTable("TIME", "SEVERITY", "TOPIC", "TEXT");
        page.path("items")
                .forEach(event -> table.row(
                        Human.time(event.path("time")),
                        event.path("severity").asText().toLowerCase(Locale.ROOT),
                        event.path("topic").asText(),
                        event.path("text").asText()));
        return session.show(page, table);
    }
}
