package io.tidemark.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The server as a process of its own: what it prints, how it ends, and what the next one finds. */
class ServerProcessTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Pattern LINE = Pattern.compile(
            "Site paris serves its API at (http://\\S+) and other sites at (\\S+); .* token is in (\\S+)");

    private final HttpClient http = HttpClient.newHttpClient();
    private final List<Process> started = new ArrayList<>();

    @TempDir
    Path folder;

    @AfterEach
    void end() throws InterruptedException {
        for (Process process : started) {
            // In good order first, so that it removes its folders of sockets.
            process.destroy();
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                process.waitFor(10, TimeUnit.SECONDS);
            }
        }
        http.close();
    }

    private Process start(String rest, String transport) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                ServerMain.class.getName(),
                "--data",
                folder.resolve("data").toString(),
                "--name",
                "paris",
                "--rest",
                rest,
                "--transport",
                transport,
                "--peer",
                "127.0.0.1:0",
                "--plugins",
                Path.of("target", "test-plugins").toAbsolutePath().toString()));
        Process process = new ProcessBuilder(command).start();
        started.add(process);
        return process;
    }

    private record Serving(String url, String token) {}

    private static Serving serving(Process process) throws Exception {
        BufferedReader out = process.inputReader();
        String line = out.readLine();
        assertNotNull(
                line, () -> String.join("\n", process.errorReader().lines().toList()));
        Matcher matcher = LINE.matcher(line);
        assertTrue(matcher.matches(), line);
        return new Serving(
                matcher.group(1), Files.readString(Path.of(matcher.group(3))).strip());
    }

    private JsonNode ask(Serving server, String method, String path, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(server.url() + "/api/v1" + path))
                .header("Authorization", "Bearer " + server.token())
                .header("Content-Type", "application/json")
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .build();
        return MAPPER.readTree(http.send(request, BodyHandlers.ofString()).body());
    }

    private static void stop(Process process, String how) throws Exception {
        new ProcessBuilder("kill", how, Long.toString(process.pid())).start().waitFor();
        assertTrue(process.waitFor(30, TimeUnit.SECONDS), "the server did not end");
    }

    @Test
    void whatWasConfiguredIsThereAgainAfterAStopAndAfterAKill() throws Exception {
        Process first = start("127.0.0.1:0", "tcp");
        Serving one = serving(first);
        JsonNode site = ask(one, "GET", "/sites/self", "");
        assertEquals(
                "OPEN",
                ask(one, "POST", "/hypervisors", "{\"name\":\"lab\",\"kind\":\"sim\"}")
                        .path("state")
                        .asText());
        stop(first, "-TERM");
        assertEquals(143, first.exitValue());
        assertFalse(Files.exists(folder.resolve("data").resolve("run")), "its sockets are gone");

        Process second = start("127.0.0.1:0", "tcp");
        Serving two = serving(second);
        assertEquals(one.token(), two.token());
        assertEquals(site.path("id"), ask(two, "GET", "/sites/self", "").path("id"));
        assertEquals(
                site.path("fingerprint"), ask(two, "GET", "/sites/self", "").path("fingerprint"));
        stop(second, "-KILL");

        Serving three = serving(start("127.0.0.1:0", "tcp"));
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!ask(three, "GET", "/hypervisors/lab", "").path("state").asText().equals("OPEN")) {
            assertTrue(System.nanoTime() - end < 0, "the hypervisor did not open again");
            Thread.sleep(50);
        }
    }

    @Test
    void wrongSettingsEndItWithWhatToDo() throws Exception {
        Process exposed = start("0.0.0.0:0", "tcp");
        String refusal = String.join("\n", exposed.errorReader().lines().toList());
        assertTrue(exposed.waitFor(30, TimeUnit.SECONDS));
        assertEquals(2, exposed.exitValue(), refusal);
        assertTrue(refusal.contains("--rest-tls"), refusal);
        Process unknown = start("127.0.0.1:0", "pigeon");
        String told = String.join("\n", unknown.errorReader().lines().toList());
        assertTrue(unknown.waitFor(30, TimeUnit.SECONDS));
        assertEquals(1, unknown.exitValue(), told);
        assertTrue(told.contains("pigeon") && told.contains("--plugins"), told);
    }
}
