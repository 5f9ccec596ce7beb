package io.tidemark.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.server.dataplane.ReplicationDataPlaneFactory;
import io.tidemark.server.rest.RestServer.Encryption;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.sample.SampleVmSpec;
import io.tidemark.spi.sample.SampleVms;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Two real servers in this JVM, paired over the real TCP transport, with simulated hypervisors; asked over HTTP only. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TwoSitesTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Path PLUGINS = Path.of("target", "test-plugins");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final HttpClient http = HttpClient.newHttpClient();
    private final Path folder;
    private final TidemarkServer west;
    private final TidemarkServer east;
    private final String westToken;
    private final String eastToken;
    private final SampleVm database;
    private final JsonNode vpg;

    TwoSitesTest(@TempDir Path folder) throws Exception {
        this.folder = folder;
        west = start("west");
        east = start("east");
        westToken = Files.readString(west.adminTokenFile()).strip();
        eastToken = Files.readString(east.adminTokenFile()).strip();
        for (TidemarkServer each : List.of(west, east)) {
            ask(each, "POST", "/hypervisors", "{\"name\":\"lab\",\"kind\":\"sim\"}", 201);
        }
        SampleVms samples =
                west.hypervisors().find("lab").orElseThrow().sampleVms().orElseThrow();
        database = samples.create(new SampleVmSpec("db", List.of(8L << 20, 8L << 20)), OperationId.random(), soon());
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
        assertEquals(
                "SUCCEEDED",
                done(west, started.path("task").asText()).path("state").asText());
        vpg = until(
                west,
                "/vpgs/erp",
                now -> now.path("state").asText().equals("PROTECTED")
                        && now.path("rpoSeconds").isNumber());
    }

    @BeforeAll
    void bothAreUp() throws Exception {
        for (TidemarkServer each : List.of(west, east)) {
            assertEquals(
                    "UP", ask(each, "GET", "/health", "", 200).path("status").asText());
        }
    }

    @AfterAll
    void close() {
        database.close();
        west.close();
        east.close();
        http.close();
    }

    private TidemarkServer start(String name) throws ServerException {
        return TidemarkServer.start(
                ServerSettings.loopback(folder.resolve(name), name, PLUGINS), new ReplicationDataPlaneFactory());
    }

    private static Deadline soon() {
        return Deadline.after(PATIENCE);
    }

    private JsonNode ask(TidemarkServer server, String method, String path, String body, int status) throws Exception {
        return ask(server, method, path, body, status, Map.of());
    }

    private JsonNode ask(
            TidemarkServer server, String method, String path, String body, int status, Map<String, String> headers)
            throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.restUrl() + "/api/v1" + path))
                .header("Authorization", "Bearer " + (server == west ? westToken : eastToken))
                .timeout(PATIENCE)
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        if (!body.isEmpty()) {
            request.header("Content-Type", "application/json");
        }
        headers.forEach(request::header);
        HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString());
        assertEquals(status, response.statusCode(), method + " " + path + ": " + response.body());
        return response.body().isEmpty() ? MAPPER.createObjectNode() : MAPPER.readTree(response.body());
    }

    private JsonNode until(TidemarkServer server, String path, Predicate<JsonNode> holds) throws Exception {
        long end = System.nanoTime() + PATIENCE.toNanos();
        JsonNode now = ask(server, "GET", path, "", 200);
        while (!holds.test(now)) {
            assertTrue(System.nanoTime() - end < 0, "waited in vain: " + now);
            Thread.sleep(50);
            now = ask(server, "GET", path, "", 200);
        }
        return now;
    }

    private JsonNode done(TidemarkServer server, String task) throws Exception {
        return until(
                server, "/tasks/" + task + "?wait=10s", now -> now.path("done").asBoolean());
    }

    @Test
    void bothSitesSeeTheVpgFromTheirSide() throws Exception {
        assertEquals("PROTECTED", vpg.path("role").asText());
        JsonNode there = until(east, "/vpgs/erp", now -> now.path("journal").isObject());
        assertEquals("RECOVERY", there.path("role").asText());
        assertEquals(vpg.path("id"), there.path("id"));
        assertEquals(
                "REACHABLE",
                until(west, "/sites/east", now -> now.path("reachability")
                                .asText()
                                .equals("REACHABLE"))
                        .path("reachability")
                        .asText());
        JsonNode vm = ask(west, "GET", "/vms/db", "", 200);
        assertEquals(2, vm.path("volumes").size());
        assertEquals("erp", vm.path("vpgs").path(0).path("name").asText());
        JsonNode figures = ask(west, "GET", "/vpgs/erp/statistics", "", 200);
        assertTrue(figures.path("checkpointsDurable").asLong() > 0, figures::toString);
    }

    @Test
    void checkpointsAreTaggedListedPinnedAndPaged() throws Exception {
        JsonNode made = ask(west, "POST", "/vpgs/erp/checkpoints", "{\"tag\":\"before patch\"}", 201);
        long id = made.path("id").asLong();
        assertEquals(made, ask(east, "GET", "/vpgs/erp/checkpoints/" + id, "", 200));
        assertTrue(ask(east, "POST", "/vpgs/erp/checkpoints/" + id + "/pin", "", 200)
                .path("pinned")
                .asBoolean());
        assertFalse(ask(west, "POST", "/vpgs/erp/checkpoints/" + id + "/unpin", "", 200)
                .path("pinned")
                .asBoolean());
        JsonNode tagged = ask(west, "GET", "/vpgs/erp/checkpoints?kind=TAGGED&tag=BEFORE", "", 200);
        assertEquals(id, tagged.path("items").path(0).path("id").asLong());
        JsonNode first = ask(west, "GET", "/vpgs/erp/checkpoints?limit=1", "", 200);
        JsonNode second = ask(
                west,
                "GET",
                "/vpgs/erp/checkpoints?limit=1&cursor="
                        + first.path("nextCursor").asText(),
                "",
                200);
        assertTrue(second.path("items").path(0).path("id").asLong()
                < first.path("items").path(0).path("id").asLong());
        assertEquals(
                "TDM-1002",
                ask(west, "GET", "/vpgs/erp/checkpoints?cursor=nonsense", "", 400)
                        .path("code")
                        .asText());
        ask(west, "GET", "/vpgs/erp/checkpoints/999999", "", 404);
    }

    @Test
    void failoverTestBringsTheLedgerBackAndLeavesNothing() throws Exception {
        database.append(0, 1, soon());
        JsonNode tagged = ask(west, "POST", "/vpgs/erp/checkpoints", "{\"tag\":\"one entry\"}", 201);
        database.append(0, 2, soon());
        String request =
                "{\"type\":\"TEST\",\"checkpoint\":{\"id\":" + tagged.path("id").asLong() + "}}";
        JsonNode plan = ask(east, "POST", "/vpgs/erp/recoveries?dryRun=true", request, 200);
        assertFalse(plan.path("steps").isEmpty(), plan::toString);
        assertEquals(0, ask(east, "GET", "/recoveries", "", 200).path("items").size(), "a dry run starts nothing");

        Map<String, String> key = Map.of("Idempotency-Key", UUID.randomUUID().toString());
        JsonNode recovery = ask(east, "POST", "/vpgs/erp/recoveries", request, 202, key);
        JsonNode again = ask(east, "POST", "/vpgs/erp/recoveries", request, 202, key);
        assertEquals(recovery.path("id"), again.path("id"), "the same key gives the same recovery");
        String path = "/recoveries/" + recovery.path("id").asText();
        assertEquals(
                "SUCCEEDED",
                done(east, recovery.path("task").asText()).path("state").asText());
        JsonNode testing = ask(east, "GET", path, "", 200);
        assertEquals("TESTING", testing.path("state").asText(), testing::toString);
        assertTrue(testing.path("recoveryTimeSeconds").isNumber());

        var samples = east.hypervisors().find("lab").orElseThrow().sampleVms().orElseThrow();
        String recovered = testing.path("vms").path(0).path("id").asText();
        try (SampleVm console = samples.connect(new io.tidemark.spi.id.VmId(recovered), soon())) {
            assertEquals(new SampleVm.LedgerReport(1, true), console.report(0, soon()));
        }
        ask(east, "POST", path + "/commit", "", 409);
        JsonNode stopping = ask(east, "POST", path + "/stop", "{\"result\":\"PASSED\",\"note\":\"fine\"}", 202);
        done(east, stopping.path("task").asText());
        JsonNode stopped = ask(east, "GET", path, "", 200);
        assertEquals("STOPPED", stopped.path("state").asText(), stopped::toString);
        assertEquals("PASSED", stopped.path("result").asText());
        assertEquals(0, ask(east, "GET", "/vms", "", 200).path("items").size(), "its VMs are gone");
        ask(east, "POST", path + "/stop", "{\"result\":\"PASSED\"}", 409);
    }

    @Test
    void badInputIsRefusedPreciselyAndChangesNothing() throws Exception {
        JsonNode before = ask(west, "GET", "/vpgs", "", 200).path("items");
        String vm = "{\"name\":\"crm\",\"vms\":[\"nobody\"],\"recoverySite\":\"east\"}";
        JsonNode unknownVm = ask(west, "POST", "/vpgs", vm, 404);
        assertEquals("TDM-1301", unknownVm.path("code").asText());
        assertTrue(unknownVm.toString().contains("nobody"), unknownVm::toString);
        String name = "{\"name\":\"erp\",\"vms\":[\"db\"],\"recoverySite\":\"east\"}";
        assertEquals(
                "TDM-1402", ask(west, "POST", "/vpgs", name, 409).path("code").asText());
        String site = "{\"name\":\"crm\",\"vms\":[\"db\"],\"recoverySite\":\"mars\"}";
        assertEquals(
                "TDM-1101", ask(west, "POST", "/vpgs", site, 404).path("code").asText());
        assertEquals(
                "TDM-1401",
                ask(west, "GET", "/vpgs/nothing", "", 404).path("code").asText());
        ask(west, "POST", "/vpgs/erp/pause", "", 412, Map.of("If-Match", "\"v0\""));
        ask(west, "POST", "/hypervisors", "{\"name\":\"x\",\"kind\":\"nonsense\"}", 422);
        ask(west, "POST", "/hypervisors", "{\"name\":\"lab\",\"kind\":\"sim\"}", 409);
        ask(west, "DELETE", "/hypervisors/lab", "", 409);
        ask(west, "DELETE", "/hypervisors/nothing", "", 404);
        ask(west, "POST", "/sites/peers", "{\"token\":\"nonsense\"}", 422);
        for (String checkpoint : List.of("{\"id\":999999}", "{\"tag\":\"never made\"}")) {
            ask(east, "POST", "/vpgs/erp/recoveries", "{\"type\":\"TEST\",\"checkpoint\":" + checkpoint + "}", 404);
        }
        JsonNode agedOut = ask(
                east,
                "POST",
                "/vpgs/erp/recoveries",
                "{\"type\":\"TEST\",\"checkpoint\":{\"at\":\"2001-01-01T00:00:00Z\"}}",
                410);
        assertFalse(agedOut.path("remedy").asText().isEmpty(), agedOut::toString);
        JsonNode after = ask(west, "GET", "/vpgs", "", 200).path("items");
        assertEquals(before.path(0).path("version"), after.path(0).path("version"));
        assertEquals(before.size(), after.size());
        assertEquals(1, ask(west, "GET", "/hypervisors", "", 200).path("items").size());
    }

    @Test
    void pairingTokenWorksOnce() throws Exception {
        String token = ask(west, "POST", "/sites/self/pairing-tokens", "", 201)
                .path("token")
                .asText();
        ask(west, "POST", "/sites/peers", "{\"token\":\"" + token + "\"}", 409);
        ask(east, "POST", "/sites/peers", "{\"token\":\"" + token + "\"}", 201);
        JsonNode refused = ask(east, "POST", "/sites/peers", "{\"token\":\"" + token + "\"}", 422);
        assertFalse(refused.path("remedy").asText().isEmpty(), refused::toString);
        assertEquals(2, ask(east, "GET", "/sites", "", 200).path("items").size());
    }

    @Test
    void eventsAreStreamedAndResumedWithoutAGap() throws Exception {
        long last = ask(west, "GET", "/events?limit=1", "", 200)
                .path("items")
                .path(0)
                .path("id")
                .asLong();
        ask(west, "POST", "/vpgs/erp/checkpoints", "{\"tag\":\"for the stream\"}", 201);
        HttpRequest request = HttpRequest.newBuilder(URI.create(west.restUrl() + "/api/v1/events/stream"))
                .header("Authorization", "Bearer " + westToken)
                .header("Last-Event-ID", Long.toString(last))
                .build();
        var response = http.send(request, BodyHandlers.ofInputStream());
        assertEquals(200, response.statusCode());
        assertEquals(
                "text/event-stream",
                response.headers().firstValue("Content-Type").orElse(""));
        long id = 0;
        boolean seen = false;
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null && !seen; line = lines.readLine()) {
                if (line.startsWith("id: ")) {
                    long next = Long.parseLong(line.substring(4));
                    assertTrue(next > Math.max(id, last), "ids grow: " + next);
                    id = next;
                }
                seen = line.contains("for the stream");
            }
        }
        assertTrue(seen);
        JsonNode events = ask(west, "GET", "/events?vpg=erp&limit=5", "", 200);
        assertFalse(events.path("items").isEmpty());
    }

    @Test
    void secondServerInTheSameFolderIsRefused() {
        ServerException refusal = assertThrows(ServerException.class, () -> start("west"));
        assertTrue(
                String.valueOf(refusal.getMessage()).contains("in use by another Tidemark server"),
                refusal.getMessage());
    }

    @Test
    void serverWithoutItsTransportSaysWhatToDo() throws Exception {
        Path empty = Files.createDirectory(folder.resolve("no-plugins"));
        ServerException refusal = assertThrows(
                ServerException.class,
                () -> TidemarkServer.start(
                        ServerSettings.loopback(folder.resolve("third"), "third", empty),
                        new ReplicationDataPlaneFactory()));
        assertTrue(String.valueOf(refusal.getMessage()).contains("--plugins"), refusal.getMessage());
        // Nothing stayed open: the folder can be used at once.
        TidemarkServer.start(
                        ServerSettings.loopback(folder.resolve("third"), "third", PLUGINS),
                        new ReplicationDataPlaneFactory())
                .close();
    }

    @Test
    void httpsShowsTheSitesCertificate() throws Exception {
        ServerSettings plain = ServerSettings.loopback(folder.resolve("secure"), "secure", PLUGINS);
        ServerSettings settings = new ServerSettings(
                plain.dataDirectory(),
                plain.siteName(),
                plain.rest(),
                Encryption.TLS,
                plain.peer(),
                plain.advertisedPeer(),
                plain.pluginDirectory(),
                plain.transport(),
                plain.transportSettings(),
                plain.pairingLifetime());
        try (TidemarkServer server = TidemarkServer.start(settings, new ReplicationDataPlaneFactory());
                HttpClient client =
                        HttpClient.newBuilder().sslContext(trusting(server)).build()) {
            HttpResponse<String> response = client.send(
                    HttpRequest.newBuilder(URI.create(server.restUrl() + "/api/v1/meta"))
                            .build(),
                    BodyHandlers.ofString());
            assertEquals(200, response.statusCode());
            assertTrue(server.restUrl().startsWith("https://"));
            assertThrows(
                    javax.net.ssl.SSLException.class,
                    () -> http.send(
                            HttpRequest.newBuilder(URI.create(server.restUrl() + "/api/v1/meta"))
                                    .build(),
                            BodyHandlers.ofString()));
        }
    }

    private static javax.net.ssl.SSLContext trusting(TidemarkServer server) throws Exception {
        java.security.KeyStore store = java.security.KeyStore.getInstance(java.security.KeyStore.getDefaultType());
        store.load(null, null);
        store.setCertificateEntry("site", server.site().identity().certificate());
        var trust =
                javax.net.ssl.TrustManagerFactory.getInstance(javax.net.ssl.TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        var context = javax.net.ssl.SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }
}
