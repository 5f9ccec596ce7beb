package io.tidemark.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** What all commands of one run share: the options that every one of them takes, the server, and the way to talk. */
final class Session implements AutoCloseable {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String DEFAULT_URL = "http://127.0.0.1:9443";

    final PrintWriter out;
    final PrintWriter err;
    private final BufferedReader in;
    private final Map<String, String> environment;
    private @Nullable ApiClient client;

    @Option(
            names = "--site",
            scope = ScopeType.INHERIT,
            paramLabel = "URL",
            description = "Server to talk to; else TIDEMARK_URL, else " + DEFAULT_URL + ".")
    private @Nullable String url;

    @Option(
            names = "--token-file",
            scope = ScopeType.INHERIT,
            paramLabel = "FILE",
            description = "File with the API token; else the token itself in TIDEMARK_TOKEN.")
    private @Nullable Path tokenFile;

    @Option(
            names = "--certificate",
            scope = ScopeType.INHERIT,
            paramLabel = "FILE",
            description = "PEM file with the certificate that an HTTPS server must show; else TIDEMARK_CERTIFICATE.")
    private @Nullable Path certificate;

    @Option(names = "--json", scope = ScopeType.INHERIT, description = "Print the API's JSON.")
    private boolean json;

    Session(PrintWriter out, PrintWriter err, BufferedReader in, Map<String, String> environment) {
        this.out = out;
        this.err = err;
        this.in = in;
        this.environment = environment;
    }

    /** The server; made at the first use, so that help works without one. */
    ApiClient api() {
        ApiClient known = client;
        if (known == null) {
            String address = url != null ? url : environment.getOrDefault("TIDEMARK_URL", DEFAULT_URL);
            if (!address.startsWith("http://") && !address.startsWith("https://")) {
                throw new Failure(
                        ExitCode.USAGE,
                        "The server was not asked",
                        "'" + address + "' is no address of a server",
                        "Give one such as " + DEFAULT_URL + " in --site or TIDEMARK_URL.");
            }
            Path pinned = certificate != null
                    ? certificate
                    : Optional.ofNullable(environment.get("TIDEMARK_CERTIFICATE"))
                            .map(Path::of)
                            .orElse(null);
            try {
                known = new ApiClient(address, token(), Optional.ofNullable(pinned));
            } catch (IllegalArgumentException e) {
                throw new Failure(
                        ExitCode.USAGE,
                        "The server was not asked",
                        String.valueOf(e.getMessage()),
                        "Give the site's certificate: identity/site-certificate.pem in its data folder.");
            }
            client = known;
        }
        return known;
    }

    private String token() {
        if (tokenFile == null) {
            return environment.getOrDefault("TIDEMARK_TOKEN", "").strip();
        }
        try {
            return Files.readString(tokenFile).strip();
        } catch (IOException e) {
            throw new Failure(
                    ExitCode.NOT_AUTHENTICATED,
                    "The token file " + tokenFile + " could not be read",
                    e.getClass().getSimpleName() + " " + e.getMessage(),
                    "Give the admin.token of the server's data folder in --token-file; only its owner may read it.");
        }
    }

    static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    /** Prints the answer: as JSON when asked for, else as the given form for people. */
    int show(JsonNode answer, Runnable forPeople) {
        if (json) {
            try {
                out.println(MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(answer));
            } catch (JsonProcessingException e) {
                throw new IllegalStateException("parsed JSON can be written", e);
            }
        } else {
            forPeople.run();
        }
        return ExitCode.OK.number();
    }

    int show(JsonNode answer, TextTable table) {
        return show(answer, () -> table.print(out));
    }

    /** Asks before something that cannot be undone. Answered by the exact word; anything else ends the command. */
    void confirm(Confirmation confirmation, String consequence, String word) {
        if (confirmation == Confirmation.GIVEN) {
            return;
        }
        err.println(consequence);
        err.print("Type '" + word + "' to go on: ");
        err.flush();
        String answer;
        try {
            answer = in.readLine();
        } catch (IOException e) {
            answer = null;
        }
        if (!word.equals(answer == null ? null : answer.strip())) {
            throw new Failure(
                    ExitCode.USAGE,
                    "Nothing was done",
                    answer == null ? "nobody confirmed it" : "the answer was not '" + word + "'",
                    "Confirm it, or give --yes in scripts.");
        }
    }

    /** Whether a person already agreed. */
    enum Confirmation {
        GIVEN,
        NEEDED;

        static Confirmation of(boolean yes) {
            return yes ? GIVEN : NEEDED;
        }
    }

    /**
     * Waits for a task and tells its steps on the standard error.
     *
     * @return the task, which succeeded
     */
    JsonNode follow(String task, Duration atMost) throws ApiException {
        Set<String> told = new HashSet<>();
        Consumer<JsonNode> tell = now -> now.path("steps").forEach(step -> tellStep(step, told));
        JsonNode end = api().awaitTask(task, atMost, tell);
        String kind = end.path("kind").asText();
        if (!end.path("done").asBoolean()) {
            throw new Failure(
                    ExitCode.TIMED_OUT,
                    "The task " + kind + " is still running",
                    "it did not end within " + Human.duration(atMost),
                    "It goes on by itself; follow it with 'tidemark task watch " + task + "'.");
        }
        if (!end.path("state").asText().equals("SUCCEEDED")) {
            JsonNode error = end.path("error");
            throw new Failure(
                    ExitCode.TASK_FAILED,
                    error.path("title").asText("The task " + kind + " failed"),
                    error.path("detail").asText("no more is known"),
                    error.path("remedy").asText("Look into the events and the server's log."));
        }
        return end;
    }

    private void tellStep(JsonNode step, Set<String> told) {
        String state = step.path("state").asText();
        String title = step.path("title").asText();
        if (state.equals("PENDING") || !told.add(title + state)) {
            return;
        }
        String time = step.path("millis").isNumber()
                ? " (" + Human.duration(Duration.ofMillis(step.path("millis").asLong())) + ")"
                : "";
        String message = step.path("message").asText();
        err.println(String.format(
                "  %-9s %s%s%s",
                state.toLowerCase(java.util.Locale.ROOT), title, time, message.isEmpty() ? "" : ": " + message));
        err.flush();
    }

    @Override
    public void close() {
        if (client != null) {
            client.close();
        }
    }
}
