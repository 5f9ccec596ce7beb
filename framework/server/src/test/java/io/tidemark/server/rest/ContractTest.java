package io.tidemark.server.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.control.ErrorCode;
import io.tidemark.control.checkpoint.Checkpoints;
import io.tidemark.control.event.Events;
import io.tidemark.control.recovery.Recoveries;
import io.tidemark.control.report.Statistics;
import io.tidemark.control.site.HypervisorConfigurations;
import io.tidemark.control.site.PairingSecret;
import io.tidemark.control.site.PeerIdentity;
import io.tidemark.control.site.Sites;
import io.tidemark.control.task.Tasks;
import io.tidemark.control.vm.VirtualMachines;
import io.tidemark.control.vpg.Vpgs;
import io.tidemark.pluginhost.PluginHost;
import io.tidemark.pluginhost.PluginHostConfig;
import io.tidemark.server.host.HypervisorInstances;
import io.tidemark.server.host.NbdBlockNetwork;
import io.tidemark.server.identity.AdminToken;
import io.tidemark.server.identity.IdentityStore;
import io.tidemark.server.identity.LocalSite;
import io.tidemark.server.peer.KnownPeers;
import io.tidemark.server.peer.LoopbackTransport;
import io.tidemark.server.peer.Pairings;
import io.tidemark.server.peer.PeerMesh;
import io.tidemark.server.rest.RestServer.Encryption;
import io.tidemark.spi.id.SiteId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.transport.Endpoint;
import io.tidemark.spi.transport.PeerFingerprint;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.Yaml;

/** The REST listener alone, before a control plane that knows nothing and changes nothing: everything asked of it is noted and refused. */
class ContractTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final PluginHost plugins;
    private final NbdBlockNetwork network;
    private final HypervisorInstances hypervisors;
    private final PeerMesh mesh;
    private final RestServer server;
    private final HttpClient http = HttpClient.newHttpClient();
    private final String token;
    private final Map<String, Map<String, Map<String, Object>>> paths;

    ContractTest(@TempDir Path folder) throws Exception {
        plugins = new PluginHost(PluginHostConfig.unsigned(Path.of("target", "test-plugins"), folder.resolve("work")));
        network = NbdBlockNetwork.open(folder);
        LocalSite self = new IdentityStore(folder.resolve("identity"), Clock.systemUTC()).openOrCreate("here");
        hypervisors = new HypervisorInstances(
                plugins,
                new HypervisorInstances.Environment(
                        "here", Clock.systemUTC(), folder.resolve("state"), network, (name, severity, text) -> {}));
        mesh = new PeerMesh(self, new LoopbackTransport(), new Nobody(), executor, Clock.systemUTC());
        mesh.listen(
                new Endpoint("127.0.0.1", 0),
                Optional.empty(),
                new Nobody(),
                (from, verb, json) -> "{}",
                (stream, peer, channel) -> {
                    throw new UnsupportedOperationException();
                },
                Deadline.after(Duration.ofSeconds(5)));
        AdminToken admin = AdminToken.openOrCreate(folder.resolve("admin.token"), folder.resolve("hash"));
        token = Files.readString(admin.file()).strip();
        SiteControl control = new SiteControl(
                refusing(Sites.class),
                refusing(HypervisorConfigurations.class),
                refusing(VirtualMachines.class),
                refusing(Vpgs.class),
                refusing(Checkpoints.class),
                refusing(Recoveries.class),
                refusing(Tasks.class),
                refusing(Events.class),
                refusing(Statistics.class));
        server = RestServer.start(
                new RestServer.Config(
                        new Endpoint("127.0.0.1", 0), Encryption.NONE, self.certificateFile(), self.keyFile(), admin),
                new ApiContext(
                        self,
                        "1",
                        control,
                        mesh,
                        hypervisors,
                        plugins,
                        Files.createDirectory(folder.resolve("up")),
                        executor));
        Map<String, Object> contract = new Yaml().load(ContractTest.class.getResourceAsStream("/openapi.yaml"));
        @SuppressWarnings("unchecked") // the shape of every OpenAPI document
        Map<String, Map<String, Map<String, Object>>> known =
                (Map<String, Map<String, Map<String, Object>>>) contract.getOrDefault("paths", Map.of());
        paths = known;
    }

    @AfterEach
    void close() {
        server.close();
        mesh.close();
        hypervisors.close();
        network.close();
        plugins.close();
        http.close();
        executor.close();
    }

    /** Lists are empty, subscriptions hear nothing, everything else is unknown. */
    private <T> T refusing(Class<T> type) {
        return type.cast(
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    if (method.getReturnType() == Events.Subscription.class) {
                        Events.Subscription none = () -> {};
                        return none;
                    }
                    if (method.getReturnType() == List.class && method.getParameterCount() == 0) {
                        return List.of();
                    }
                    if (method.getReturnType() == Optional.class && type != Recoveries.class) {
                        return Optional.empty();
                    }
                    asked.add(type.getSimpleName() + "." + method.getName());
                    throw ErrorCode.VPG_NOT_FOUND.because(
                            "It was not found", "there is nothing here", "Ask elsewhere.");
                }));
    }

    private record Operation(String method, String path, String id, Map<String, Object> definition) {
        /** A path with names that nothing has. */
        String example() {
            return path.replace("{checkpoint}", "999")
                    .replace("{recovery}", "00000000-0000-0000-0000-000000000000")
                    .replace("{task}", "00000000-0000-0000-0000-000000000000")
                    .replaceAll("\\{.*?}", "unknown");
        }

        boolean open() {
            return definition.containsKey("security");
        }
    }

    private List<Operation> operations() {
        List<Operation> all = new ArrayList<>();
        paths.forEach((path, methods) -> methods.forEach((method, definition) -> all.add(new Operation(
                method.toUpperCase(java.util.Locale.ROOT),
                path,
                String.valueOf(definition.get("operationId")),
                definition))));
        return all;
    }

    private HttpResponse<String> send(String method, String path, String bearer, String body, String type)
            throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.url() + RestServer.BASE + path))
                .timeout(Duration.ofSeconds(20))
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        if (!bearer.isEmpty()) {
            request.header("Authorization", "Bearer " + bearer);
        }
        if (!type.isEmpty()) {
            request.header("Content-Type", type);
        }
        return http.send(request.build(), BodyHandlers.ofString());
    }

    private JsonNode problem(HttpResponse<String> response, int status) throws Exception {
        assertEquals(status, response.statusCode(), response.body());
        assertEquals(
                "application/problem+json",
                response.headers().firstValue("Content-Type").orElse(""),
                response.body());
        JsonNode problem = MAPPER.readTree(response.body());
        for (String member : List.of("type", "title", "detail", "instance", "code", "remedy", "requestId")) {
            assertFalse(problem.path(member).asText().isEmpty(), () -> member + " is missing in " + problem);
        }
        assertEquals(status, problem.path("status").asInt());
        return problem;
    }

    @TestFactory
    List<DynamicTest> everyOperationIsCarriedOutGuardedAndRefusesWhatIsWrong() {
        List<DynamicTest> tests = new ArrayList<>();
        for (Operation operation : operations()) {
            tests.add(DynamicTest.dynamicTest(operation.id() + " asks for a token", () -> {
                HttpResponse<String> response = send(operation.method(), operation.example(), "", "", "");
                if (operation.open()) {
                    assertEquals(200, response.statusCode(), response.body());
                } else {
                    problem(response, 401);
                    problem(send(operation.method(), operation.example(), "wrong", "", ""), 401);
                }
            }));
            tests.add(DynamicTest.dynamicTest(operation.id() + " declares its answers", () -> {
                Map<?, ?> responses = (Map<?, ?>) operation.definition().getOrDefault("responses", Map.of());
                assertTrue(
                        responses.keySet().stream()
                                .anyMatch(status -> String.valueOf(status).startsWith("4")),
                        () -> operation.id() + " declares no 4xx");
                assertTrue(
                        responses.keySet().stream()
                                .anyMatch(status -> String.valueOf(status).startsWith("2")),
                        () -> operation.id() + " declares no 2xx");
                assertTrue(operation.definition().containsKey("summary"));
            }));
            if (operation.path().contains("{") && !operation.definition().containsKey("requestBody")) {
                tests.add(DynamicTest.dynamicTest(
                        operation.id() + " does not find what is not there",
                        () -> problem(send(operation.method(), operation.example(), token, "", ""), 404)));
            }
            if (operation.definition().containsKey("requestBody")) {
                tests.add(DynamicTest.dynamicTest(operation.id() + " refuses no body and a wrong type", () -> {
                    int none = send(operation.method(), operation.example(), token, "", "")
                            .statusCode();
                    assertTrue(none == 400 || none == 415, () -> "no body: " + none);
                    problem(send(operation.method(), operation.example(), token, "<x/>", "application/xml"), 415);
                }));
            }
        }
        return tests;
    }

    @Test
    void wrongBodiesAreRefusedWithTheirPlacesAndNothingIsAsked() throws Exception {
        asked.clear();
        String good = "{\"name\":\"erp\",\"vms\":[\"db\"],\"recoverySite\":\"lyon\"}";
        Map<String, String> wrong = Map.of(
                "{\"name\":\"erp\",\"vms\":[\"db\"]}", "recoverySite",
                "{\"name\":\"erp\",\"vms\":\"db\",\"recoverySite\":\"lyon\"}", "/vms",
                "{\"name\":\"erp\",\"vms\":[],\"recoverySite\":\"lyon\"}", "/vms",
                "{\"name\":\"erp\",\"vms\":[7],\"recoverySite\":\"lyon\"}", "/vms/0",
                "{\"name\":\"erp\",\"vms\":[\"db\"],\"recoverySite\":\"lyon\",\"colour\":1}", "\"/colour\"",
                "{\"name\":\"erp\",\"vms\":[\"db\"],\"recoverySite\":\"lyon\",\"policy\":{\"checkpointIntervalSeconds\":0}}",
                        "/policy/checkpointIntervalSeconds",
                "{\"name\":\"erp\",\"vms\":[\"db\"],\"recoverySite\":\"lyon\",\"policy\":{\"targetRpoSeconds\":\"5\"}}",
                        "/policy/targetRpoSeconds",
                "[]", "",
                "{\"name\":", "JSON",
                "nonsense", "JSON");
        for (Map.Entry<String, String> each : wrong.entrySet()) {
            JsonNode problem = problem(send("POST", "/vpgs", token, each.getKey(), "application/json"), 400);
            assertTrue(problem.path("errors").size() > 0, () -> each.getKey() + " -> " + problem);
            assertTrue(
                    problem.path("errors").toString().contains(each.getValue()),
                    () -> each.getKey() + " -> " + problem);
        }
        assertEquals(List.of(), asked);
        problem(send("POST", "/vpgs", token, good, "application/json"), 404);
        assertEquals(List.of("Vpgs.create"), asked);
    }

    @Test
    void wrongParametersAreRefused() throws Exception {
        asked.clear();
        for (String path : List.of(
                "/vpgs/x/checkpoints?limit=0",
                "/vpgs/x/checkpoints?limit=many",
                "/vpgs/x/checkpoints?kind=NICE",
                "/vpgs/x/checkpoints?from=yesterday",
                "/vpgs/x/checkpoints/zero",
                "/tasks/1",
                "/tasks/00000000-0000-0000-0000-000000000000?wait=1h",
                "/recoveries/abc")) {
            JsonNode problem = problem(send("GET", path, token, "", ""), 400);
            assertTrue(problem.path("errors").size() > 0, () -> path + " -> " + problem);
        }
        assertEquals(List.of(), asked);
    }

    @Test
    void checkpointOfARecoveryIsNamedInExactlyOneWay() throws Exception {
        asked.clear();
        for (String choice : List.of(
                "{}", "{\"id\":1,\"tag\":\"x\"}", "{\"id\":0}", "{\"latest\":false}", "{\"at\":\"now\"}", "5")) {
            JsonNode problem = problem(
                    send(
                            "POST",
                            "/vpgs/x/recoveries",
                            token,
                            "{\"type\":\"TEST\",\"checkpoint\":" + choice + "}",
                            "application/json"),
                    400);
            assertTrue(problem.path("errors").toString().contains("/checkpoint"), () -> choice + " -> " + problem);
        }
        assertEquals(List.of(), asked);
    }

    @Test
    void unknownPathsMethodsAndHugeBodies() throws Exception {
        problem(send("GET", "/nothing", token, "", ""), 404);
        problem(send("GET", "/nothing", "", "", ""), 401);
        problem(send("PUT", "/vpgs", token, "{}", "application/json"), 405);
        String huge = "{\"name\":\"" + "x".repeat(RestServer.MAX_BODY_BYTES) + "\"}";
        problem(send("POST", "/vpgs", token, huge, "application/json"), 413);
    }

    @Test
    void eventStreamWithWrongPositionIsRefused() throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(server.url() + RestServer.BASE + "/events/stream"))
                .header("Authorization", "Bearer " + token)
                .header("Last-Event-ID", "x")
                .build();
        problem(http.send(request, BodyHandlers.ofString()), 400);
    }

    @Test
    void pluginsAreListedVerifiedAndRefused() throws Exception {
        JsonNode listed = MAPPER.readTree(send("GET", "/plugins", token, "", "").body());
        assertTrue(listed.toString().contains("hypervisor:sim"), listed::toString);
        Path zip = Path.of("target", "test-plugins").toFile().listFiles()[0].toPath();
        HttpResponse<String> verified = http.send(
                HttpRequest.newBuilder(URI.create(server.url() + RestServer.BASE + "/plugins/verifications"))
                        .header("Authorization", "Bearer " + token)
                        .header("Content-Type", "application/octet-stream")
                        .POST(BodyPublishers.ofFile(zip))
                        .build(),
                BodyHandlers.ofString());
        assertEquals(200, verified.statusCode(), verified.body());
        assertTrue(MAPPER.readTree(verified.body()).path("accepted").asBoolean(), verified.body());
        JsonNode problem = problem(send("POST", "/plugins", token, "not a zip", "application/octet-stream"), 422);
        assertEquals("plugin-refused", problem.path("code").asText());
        problem(send("DELETE", "/plugins/unknown", token, "", ""), 404);
    }

    /** A site that trusts nobody. */
    private static final class Nobody implements KnownPeers, Pairings {
        @Override
        public Optional<PeerIdentity> find(SiteId site) {
            return Optional.empty();
        }

        @Override
        public Optional<PeerIdentity> find(PeerFingerprint fingerprint) {
            return Optional.empty();
        }

        @Override
        public PairingSecret invite() {
            return new PairingSecret("s", Instant.now().plusSeconds(60));
        }

        @Override
        public void redeem(String secret, PeerIdentity peer) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void trust(PeerIdentity peer) {
            throw new UnsupportedOperationException();
        }
    }
}
