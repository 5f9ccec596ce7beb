package io.tidemark.launcher.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.cli.ApiClient;
import io.tidemark.cli.ApiException;
import io.tidemark.server.ServerException;
import io.tidemark.server.ServerSettings;
import io.tidemark.server.TidemarkServer;
import io.tidemark.server.dataplane.ReplicationDataPlaneFactory;
import io.tidemark.spi.site.HypervisorSite;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;

/** One of the demo's two sites: a whole server, and a client of its API. */
final class DemoSite implements AutoCloseable {
    private static final Duration TASK_LIMIT = Duration.ofMinutes(5);

    private final TidemarkServer server;
    private final ApiClient api;

    private DemoSite(TidemarkServer server, ApiClient api) {
        this.server = server;
        this.api = api;
    }

    static DemoSite start(String name, Path data, Path plugins) throws ServerException, IOException {
        TidemarkServer server =
                TidemarkServer.start(ServerSettings.loopback(data, name, plugins), new ReplicationDataPlaneFactory());
        String token = Files.readString(server.adminTokenFile()).strip();
        return new DemoSite(server, new ApiClient(server.restUrl(), token));
    }

    TidemarkServer server() {
        return server;
    }

    ApiClient api() {
        return api;
    }

    static ObjectNode json() {
        return JsonNodeFactory.instance.objectNode();
    }

    /** Adds a hypervisor; returns why it is not available, or an empty text. */
    String addHypervisor(String name, String kind, Map<String, String> settings)
            throws ApiException, InterruptedException {
        ObjectNode request = json().put("name", name).put("kind", kind);
        settings.forEach(request.putObject("settings")::put);
        api.post("/hypervisors", request);
        long end = System.nanoTime() + Duration.ofMinutes(1).toNanos();
        while (System.nanoTime() - end < 0) {
            JsonNode hypervisor = api.get("/hypervisors/" + name);
            switch (hypervisor.path("state").asText()) {
                case "OPEN" -> {
                    return "";
                }
                case "UNAVAILABLE" -> {
                    return hypervisor.path("detail").asText();
                }
                default -> Thread.sleep(100);
            }
        }
        return "it did not answer within a minute";
    }

    HypervisorSite hypervisor(String name) throws DemoException {
        return server.hypervisors()
                .find(name)
                .orElseThrow(() -> new DemoException("hypervisor '" + name + "' is no longer connected"));
    }

    /** Posts a verb that starts a task, waits for its end and shows its steps; returns what the verb answered. */
    JsonNode run(String path, ObjectNode body, Narrator narrator) throws ApiException, DemoException {
        JsonNode answer =
                api.post(path, body, Map.of("Idempotency-Key", UUID.randomUUID().toString()));
        JsonNode task = api.awaitTask(answer.path("task").asText(), TASK_LIMIT, narrator::task);
        if (!task.path("state").asText().equals("SUCCEEDED")) {
            throw new DemoException(path + " did not succeed: " + task.path("error"));
        }
        return answer;
    }

    @Override
    public void close() {
        api.close();
        server.close();
    }
}
