package io.tidemark.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.journal.JournalConfig;
import io.tidemark.server.dataplane.ReplicationDataPlaneFactory;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.sample.SampleVmSpec;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Two paired servers in this JVM with simulated hypervisors and small journal segments, and a VPG {@code erp} of one VM with two disks of 8 MiB that
 * writes by itself; asked over HTTP only.
 */
final class SitePair implements AutoCloseable {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Path PLUGINS = Path.of("target", "test-plugins");
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final JournalConfig SMALL = new JournalConfig(1 << 20, 4, 16 << 20, 1);

    final TidemarkServer west;
    final TidemarkServer east;
    final SampleVm database;
    final Path eastFolder;
    private final HttpClient http = HttpClient.newHttpClient();

    /** @param workload writes per second to each disk */
    SitePair(Path folder, int workload) throws Exception {
        eastFolder = folder.resolve("east");
        west = start(folder, "west");
        try {
            east = start(folder, "east");
        } catch (ServerException e) {
            west.close();
            throw e;
        }
        try {
            database = protect(workload);
        } catch (Exception | AssertionError e) {
            west.close();
            east.close();
            throw e;
        }
    }

    private static TidemarkServer start(Path folder, String name) throws ServerException {
        return TidemarkServer.start(
                ServerSettings.loopback(folder.resolve(name), name, PLUGINS), new ReplicationDataPlaneFactory(SMALL));
    }

    private SampleVm protect(int workload) throws Exception {
        String settings = "{\"workload-writes-per-second\":\"" + workload + "\"}";
        ask(west, "POST", "/hypervisors", "{\"name\":\"lab\",\"kind\":\"sim\",\"settings\":" + settings + "}", 201);
        ask(east, "POST", "/hypervisors", "{\"name\":\"lab\",\"kind\":\"sim\"}", 201);
        SampleVm vm = west.hypervisors()
                .find("lab")
                .orElseThrow()
                .sampleVms()
                .orElseThrow()
                .create(new SampleVmSpec("db", List.of(8L << 20, 8L << 20)), OperationId.random(), soon());
        String token = ask(west, "POST", "/sites/self/pairing-tokens", "", 201)
                .path("token")
                .asText();
        ask(east, "POST", "/sites/peers", "{\"token\":\"" + token + "\"}", 201);
        JsonNode started = ask(
                west,
                "POST",
                "/vpgs",
                "{\"name\":\"erp\",\"vms\":[\"db\"],\"recoverySite\":\"east\",\"policy\":{\"checkpointIntervalSeconds\":1}}",
                202);
        done(west, started.path("task").asText());
        until(
                west,
                "/vpgs/erp",
                now -> now.path("state").asText().equals("PROTECTED")
                        && now.path("rpoSeconds").isNumber());
        return vm;
    }

    static Deadline soon() {
        return Deadline.after(PATIENCE);
    }

    JsonNode ask(TidemarkServer server, String method, String path, String body, int status) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.restUrl() + "/api/v1" + path))
                .header(
                        "Authorization",
                        "Bearer " + Files.readString(server.adminTokenFile()).strip())
                .timeout(PATIENCE)
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        if (!body.isEmpty()) {
            request.header("Content-Type", "application/json");
        }
        HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString());
        assertEquals(status, response.statusCode(), method + " " + path + ": " + response.body());
        return response.body().isEmpty() ? MAPPER.createObjectNode() : MAPPER.readTree(response.body());
    }

    /** Oldest first. */
    List<JsonNode> checkpoints(TidemarkServer server) throws Exception {
        List<JsonNode> all = new ArrayList<>();
        ask(server, "GET", "/vpgs/erp/checkpoints?limit=1000", "", 200)
                .path("items")
                .forEach(all::add);
        return all.reversed();
    }

    /** Changes the policy of the VPG. */
    JsonNode patch(TidemarkServer server, String policy) throws Exception {
        return ask(server, "PATCH", "/vpgs/erp", "{\"policy\":" + policy + "}", 200);
    }

    JsonNode until(TidemarkServer server, String path, Predicate<JsonNode> holds) throws Exception {
        long end = System.nanoTime() + PATIENCE.toNanos();
        JsonNode now = ask(server, "GET", path, "", 200);
        while (!holds.test(now)) {
            assertTrue(System.nanoTime() - end < 0, "waited in vain: " + now);
            Thread.sleep(50);
            now = ask(server, "GET", path, "", 200);
        }
        return now;
    }

    JsonNode done(TidemarkServer server, String task) throws Exception {
        JsonNode end = until(
                server, "/tasks/" + task + "?wait=10s", now -> now.path("done").asBoolean());
        assertEquals("SUCCEEDED", end.path("state").asText(), end::toString);
        return end;
    }

    @Override
    public void close() {
        database.close();
        west.close();
        east.close();
        http.close();
    }
}
