package io.tidemark.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidemark task}: long work. */
@Command(name = "task", mixinStandardHelpOptions = true, description = "Long work: running and done.")
final class TaskCommand {
    private final Session session;

    TaskCommand(Session session) {
        this.session = session;
    }

    @Command(description = "List tasks, newest first.", mixinStandardHelpOptions = true)
    int list(
            @Option(names = "--limit", defaultValue = "20", paramLabel = "N", description = "How many (default: 20).")
                    int limit)
            throws ApiException {
        JsonNode page = session.api().get("/tasks?limit=" + limit);
        TextTable table = new TextTable("ID", "KIND", "TARGET", "STATE", "PROGRESS", "CREATED");
        page.path("items")
                .forEach(task -> table.row(
                        task.path("id").asText(),
                        task.path("kind").asText(),
                        task.path("target").path("name").asText(),
                        task.path("state").asText().toLowerCase(Locale.ROOT),
                        Math.round(task.path("progress").asDouble() * 100) + " %",
                        Human.time(task.path("createdAt"))));
        return session.show(page, table);
    }

    @Command(description = "Show one task with its steps.", mixinStandardHelpOptions = true)
    int show(@Parameters(paramLabel = "ID", description = "Id of the task.") String id) throws ApiException {
        JsonNode task = session.api().get("/tasks/" + ApiClient.segment(id));
        return session.show(task, () -> tell(task));
    }

    private void tell(JsonNode task) {
        session.out.println(task.path("kind").asText() + " of "
                + task.path("target").path("name").asText() + ": "
                + task.path("state").asText().toLowerCase(Locale.ROOT));
        TextTable table = new TextTable("STEP", "STATE", "TIME", "MESSAGE");
        task.path("steps")
                .forEach(step -> table.row(
                        step.path("title").asText(),
                        step.path("state").asText().toLowerCase(Locale.ROOT),
                        step.path("millis").isNumber()
                                ? Human.duration(
                                        Duration.ofMillis(step.path("millis").asLong()))
                                : "-",
                        step.path("message").asText()));
        table.print(session.out);
        JsonNode error = task.path("error");
        if (error.isObject()) {
            session.out.println(
                    error.path("title").asText() + ": " + error.path("detail").asText() + ". "
                            + error.path("remedy").asText());
        }
    }

    @Command(
            description = "Follow a task to its end; the exit code says how it ended.",
            mixinStandardHelpOptions = true)
    int watch(
            @Parameters(paramLabel = "ID", description = "Id of the task.") String id,
            @Option(
                            names = "--timeout",
                            defaultValue = "3600",
                            paramLabel = "SECONDS",
                            description = "How long to wait (default: 3600).")
                    int timeoutSeconds)
            throws ApiException {
        JsonNode task = session.follow(id, Duration.ofSeconds(timeoutSeconds));
        return session.show(task, () -> tell(task));
    }
}
