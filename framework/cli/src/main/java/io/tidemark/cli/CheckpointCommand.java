package io.tidemark.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidemark checkpoint}: the recovery points of a VPG. */
@Command(name = "checkpoint", mixinStandardHelpOptions = true, description = "The recovery points of a VPG.")
final class CheckpointCommand {
    private final Session session;

    CheckpointCommand(Session session) {
        this.session = session;
    }

    @Command(description = "List checkpoints, newest first.", mixinStandardHelpOptions = true)
    int list(
            @Parameters(paramLabel = "VPG", description = "Name or id.") String vpg,
            @Option(
                            names = "--from",
                            paramLabel = "TIME",
                            description = "At or after this time, for example 2026-11-18T07:36:50Z.")
                    @Nullable String from,
            @Option(names = "--to", paramLabel = "TIME", description = "Before this time.") @Nullable String to,
            @Option(names = "--kind", paramLabel = "KIND", description = "automatic, tagged or application_consistent.")
                    @Nullable String kind,
            @Option(names = "--tag", paramLabel = "TEXT", description = "Part of the tag.") @Nullable String tag,
            @Option(names = "--limit", defaultValue = "20", paramLabel = "N", description = "How many (default: 20).")
                    int limit,
            @Option(names = "--cursor", paramLabel = "CURSOR", description = "Where the page before ended.") @Nullable String cursor)
            throws ApiException {
        StringBuilder query = new StringBuilder("?limit=" + limit);
        add(query, "from", from);
        add(query, "to", to);
        add(query, "kind", kind == null ? null : kind.toUpperCase(Locale.ROOT));
        add(query, "tag", tag);
        add(query, "cursor", cursor);
        JsonNode page = session.api().get(VpgCommand.path(vpg) + "/checkpoints" + query);
        TextTable table = new TextTable("ID", "TIME", "KIND", "PINNED", "SELECTABLE", "TAG");
        page.path("items")
                .forEach(each -> table.row(
                        each.path("id").asText(),
                        each.path("time").asText(),
                        each.path("kind").asText().toLowerCase(Locale.ROOT),
                        each.path("pinned").asBoolean() ? "yes" : "",
                        each.path("selectable").asBoolean(true)
                                ? "yes"
                                : "NO: " + each.path("damage").asText(),
                        each.path("tag").asText()));
        return session.show(page, () -> {
            table.print(session.out);
            if (page.path("nextCursor").isTextual()) {
                session.err.println(
                        "There are more: --cursor " + page.path("nextCursor").asText());
            }
        });
    }

    private static void add(StringBuilder query, String name, @Nullable String value) {
        if (value != null) {
            query.append('&').append(name).append('=').append(ApiClient.segment(value));
        }
    }

    @Command(description = "Make a checkpoint now, with a description.", mixinStandardHelpOptions = true)
    int tag(
            @Parameters(paramLabel = "VPG", description = "Name or id.") String vpg,
            @Parameters(paramLabel = "TEXT", description = "The description.") String text)
            throws ApiException {
        JsonNode made = session.api()
                .post(VpgCommand.path(vpg) + "/checkpoints", Session.object().put("tag", text));
        return session.show(
                made,
                () -> session.out.println("Checkpoint " + made.path("id").asText() + " of "
                        + made.path("time").asText() + " is tagged '" + text + "'."));
    }

    @Command(description = "Keep a checkpoint from ageing.", mixinStandardHelpOptions = true)
    int pin(
            @Parameters(paramLabel = "VPG", description = "Name or id.") String vpg,
            @Parameters(paramLabel = "ID", description = "Id of the checkpoint.") long id)
            throws ApiException {
        JsonNode pinned = session.api().post(VpgCommand.path(vpg) + "/checkpoints/" + id + "/pin");
        return session.show(pinned, () -> session.out.println("Checkpoint " + id + " is pinned."));
    }

    @Command(description = "Let a checkpoint age again.", mixinStandardHelpOptions = true)
    int unpin(
            @Parameters(paramLabel = "VPG", description = "Name or id.") String vpg,
            @Parameters(paramLabel = "ID", description = "Id of the checkpoint.") long id)
            throws ApiException {
        JsonNode unpinned = session.api().post(VpgCommand.path(vpg) + "/checkpoints/" + id + "/unpin");
        return session.show(unpinned, () -> session.out.println("Checkpoint " + id + " may age again."));
    }
}
