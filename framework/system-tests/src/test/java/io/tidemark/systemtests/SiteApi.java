package io.tidemark.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.cli.ApiClient;
import io.tidemark.cli.ApiException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;

/** The REST API of one site, and what tests ask of it often. */
final class SiteApi implements AutoCloseable {
    private final ApiClient client;

    SiteApi(String url, String token) {
        this.client = new ApiClient(url, token);
    }

    static ObjectNode json() {
        return JsonNodeFactory.instance.objectNode();
    }

    JsonNode get(String path) throws ApiException {
        return client.get(path);
    }

    JsonNode post(String path, JsonNode body) throws ApiException {
        return client.post(path, body);
    }

    JsonNode until(String what, String path, Duration limit, Predicate<JsonNode> wanted) throws Exception {
        return Polling.until(what, limit, () -> get(path), wanted);
    }

    /** Posts a verb that starts a task, and waits for its end; returns what the verb answered. */
    JsonNode run(String path, ObjectNode body) throws ApiException {
        JsonNode started = client.post(
                path, body, Map.of("Idempotency-Key", UUID.randomUUID().toString()));
        String id = started.path("task").isTextual()
                ? started.path("task").asText()
                : started.path("id").asText();
        JsonNode task = client.awaitTask(id, Polling.PATIENCE, step -> {});
        if (!task.path("state").asText().equals("SUCCEEDED")) {
            throw new AssertionError(path + " did not succeed: " + task);
        }
        return started;
    }

    void addHypervisor(String name, String kind, Map<String, String> settings) throws Exception {
        ObjectNode request = json().put("name", name).put("kind", kind);
        settings.forEach(request.putObject("settings")::put);
        post("/hypervisors", request);
        awaitHypervisor(name);
    }

    void awaitHypervisor(String name) throws Exception {
        until("hypervisor " + name, "/hypervisors/" + name, Polling.PATIENCE, now -> now.path("state")
                .asText()
                .equals("OPEN"));
    }

    /** Pairs with the other site, by a token of it. */
    void pairWith(SiteApi other) throws ApiException {
        JsonNode token = other.client.post("/sites/self/pairing-tokens");
        post("/sites/peers", json().put("token", token.path("token").asText()));
    }

    /** Protects the VMs with a checkpoint each second, and waits for the first one. */
    JsonNode protect(String vpg, List<String> vms, String recoverySite) throws Exception {
        ObjectNode request = json().put("name", vpg).put("recoverySite", recoverySite);
        vms.forEach(request.withArray("vms")::add);
        request.putObject("policy").put("checkpointIntervalSeconds", 1);
        run("/vpgs", request);
        return until(
                "a first checkpoint of " + vpg, "/vpgs/" + vpg, Polling.PATIENCE, now -> now.path("newestCheckpoint")
                        .hasNonNull("id"));
    }

    /** All selectable checkpoints, oldest first. */
    List<JsonNode> checkpoints(String vpg) throws ApiException {
        List<JsonNode> all = new ArrayList<>();
        String path = "/vpgs/" + vpg + "/checkpoints?limit=1000";
        JsonNode page = get(path);
        page.path("items").forEach(all::add);
        while (page.hasNonNull("nextCursor")) {
            page = get(path + "&cursor="
                    + ApiClient.segment(page.path("nextCursor").asText()));
            page.path("items").forEach(all::add);
        }
        return all.reversed();
    }

    /** Waits until so many more checkpoints are selectable than were. */
    void awaitCheckpoints(String vpg, int more, Duration limit) throws Exception {
        int before = checkpoints(vpg).size();
        Polling.until(
                more + " more checkpoints of " + vpg,
                limit,
                () -> checkpoints(vpg).size(),
                now -> now >= before + more);
    }

    /** Id of the newest event; 0 when there is none. */
    long newestEvent() throws ApiException {
        return get("/events?limit=1").path("items").path(0).path("id").asLong();
    }

    /** What was told of a VPG since that event, newest first. */
    List<String> toldSince(long event, String vpg) throws ApiException {
        List<String> told = new ArrayList<>();
        for (JsonNode each : get("/events?limit=1000&vpg=" + vpg).path("items")) {
            if (each.path("id").asLong() > event) {
                told.add(each.path("text").asText());
            }
        }
        return told;
    }

    @Override
    public void close() {
        client.close();
    }
}
