package io.tidemark.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.cli.ApiException;
import io.tidemark.cli.TidemarkCli;
import io.tidemark.control.dataplane.JournalPolicy;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VpgId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.sample.SampleVmSpec;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/**
 * What a person or a program may get wrong, before two whole sites: the answer says what is wrong and what to do, and neither site has
 * changed. Shapes of requests alone are the server's own contract test.
 *
 * <p>The shortest history is an hour, so that no checkpoint ages out by itself here; the journals are asked to age as the recovery site
 * asks them each minute.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class BadInputTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String GOOD = "{\"name\":\"crm\",\"vms\":[\"db\"],\"recoverySite\":\"east\"";

    private final Workspace workspace = Workspace.make();
    private final HttpClient http = workspace.closing(HttpClient.newHttpClient());
    private final SiteServer west = SiteServer.start(workspace, "west");
    private final SiteServer east = SiteServer.start(workspace, "east");
    private final long agedOut;
    private final String agedOutTime;

    BadInputTest() throws Exception {
        west.api().addHypervisor("lab", "sim", Map.of());
        east.api().addHypervisor("lab", "sim", Map.of());
        west.api().pairWith(east.api());
        SampleVm guest = workspace.closing(west.hypervisor("lab")
                .sampleVms()
                .orElseThrow()
                .create(
                        new SampleVmSpec("db", List.of(8L << 20)),
                        OperationId.random(),
                        Deadline.after(Polling.PATIENCE)));
        JsonNode vpg = west.api().protect("erp", List.of("db"), "east");
        guest.append(0, 1, Deadline.after(Polling.PATIENCE));
        JsonNode old = west.api().post("/vpgs/erp/checkpoints", SiteApi.json().put("tag", "old"));
        agedOut = old.path("id").asLong();
        agedOutTime = old.path("time").asText();
        west.api().awaitCheckpoints("erp", 2, Polling.PATIENCE);
        east.server()
                .journals()
                .age(
                        VpgId.parse(vpg.path("id").asText()),
                        new JournalPolicy(Duration.ofMillis(1), JournalPolicy.Limits.NONE),
                        Instant.parse(agedOutTime).plusMillis(2));
        // A name that is looked for below, and is still there.
        west.api().post("/vpgs/erp/checkpoints", SiteApi.json().put("tag", "new"));
    }

    @AfterAll
    void close() throws Exception {
        workspace.close();
    }

    /** Where it is asked, what, and what has to be answered. */
    private record Case(
            SiteServer site, String method, String path, String body, int status, String code, String mentioned) {}

    private Case create(String body, int status, String code, String mentioned) {
        return new Case(west, "POST", "/vpgs", body, status, code, mentioned);
    }

    private Case recover(String checkpoint, int status, String code, String mentioned) {
        String body = "{\"type\":\"FAILOVER\",\"checkpoint\":" + checkpoint + "}";
        return new Case(east, "POST", "/vpgs/erp/recoveries", body, status, code, mentioned);
    }

    private List<Case> cases() {
        return List.of(
                create(GOOD.replace("\"db\"", "\"db\",\"nobody\"") + "}", 404, "TDM-1301", "nobody"),
                create(GOOD.replace("\"db\"", "\"db\",\"db\"") + "}", 400, "TDM-1001", "/vms"),
                create(GOOD.replace("crm", "erp") + "}", 409, "TDM-1402", "erp"),
                create(GOOD.replace("crm", "ERP") + "}", 409, "TDM-1402", "ERP"),
                create(GOOD.replace("east", "mars") + "}", 404, "TDM-1101", "mars"),
                create(GOOD.replace("east", "west") + "}", 404, "TDM-1101", "protected at"),
                create(GOOD + ",\"recoveryHypervisor\":\"none\"}", 404, "TDM-1201", "none"),
                create(GOOD + ",\"colour\":1}", 400, "", "/colour"),
                create(GOOD + ",\"policy\":{\"journalHistorySeconds\":3599}}", 400, "", "journalHistorySeconds"),
                create(GOOD + ",\"policy\":{\"targetRpoSeconds\":\"soon\"}}", 400, "", "targetRpoSeconds"),
                create(GOOD, 400, "", "JSON"),
                create(GOOD + "} and more", 400, "", "JSON"),
                recover("{\"id\":987654}", 404, "TDM-1501", "987654"),
                recover("{\"tag\":\"never made\"}", 404, "TDM-1501", "never made"),
                recover("{\"tag\":\"old\"}", 404, "TDM-1501", "old"),
                recover("{\"id\":" + agedOut + "}", 410, "TDM-1502", "no longer in the journal"),
                recover("{\"at\":\"" + agedOutTime + "\"}", 410, "TDM-1502", "no longer in the journal"),
                recover("{\"id\":\"" + agedOut + "\"}", 400, "", "/checkpoint/id"),
                recover("{\"newest\":true}", 400, "", "/checkpoint"),
                new Case(
                        west,
                        "GET",
                        "/vpgs/erp/checkpoints/" + agedOut,
                        "",
                        410,
                        "TDM-1502",
                        "no longer in the journal"),
                new Case(
                        east,
                        "POST",
                        "/vpgs/erp/checkpoints/" + agedOut + "/pin",
                        "",
                        410,
                        "TDM-1502",
                        "checkpoint " + agedOut),
                new Case(west, "POST", "/vpgs/none/checkpoints", "{\"tag\":\"x\"}", 404, "TDM-1401", "none"),
                new Case(
                        west,
                        "POST",
                        "/vpgs/erp/checkpoints",
                        "{\"tag\":\"" + "x".repeat(201) + "\"}",
                        400,
                        "",
                        "/tag"));
    }

    @TestFactory
    List<DynamicTest> wrongRequestsAreRefusedAndChangeNothing() {
        List<DynamicTest> tests = new ArrayList<>();
        for (Case each : cases()) {
            tests.add(DynamicTest.dynamicTest(each.method() + " " + each.path() + " " + each.body(), () -> {
                String before = state();
                HttpResponse<String> response = send(each);
                String told = response.body();
                assertEquals(each.status(), response.statusCode(), told);
                assertEquals(
                        "application/problem+json",
                        response.headers().firstValue("Content-Type").orElse(""));
                JsonNode problem = MAPPER.readTree(told);
                assertTrue(problem.path("code").asText().startsWith(each.code()), told);
                for (String member : List.of("type", "title", "detail", "remedy", "requestId")) {
                    assertFalse(problem.path(member).asText().isBlank(), () -> member + " is missing in " + told);
                }
                assertTrue(told.contains(each.mentioned()), () -> "'" + each.mentioned() + "' is missing in " + told);
                assertEquals(before, state());
            }));
        }
        return tests;
    }

    private HttpResponse<String> send(Case asked) throws Exception {
        return http.send(
                HttpRequest.newBuilder(URI.create(asked.site().server().restUrl() + "/api/v1" + asked.path()))
                        .header("Authorization", "Bearer " + token(asked.site()))
                        .header("Content-Type", "application/json")
                        .timeout(Polling.PATIENCE)
                        .method(
                                asked.method(),
                                asked.body().isEmpty()
                                        ? BodyPublishers.noBody()
                                        : BodyPublishers.ofString(asked.body()))
                        .build(),
                BodyHandlers.ofString());
    }

    private static String token(SiteServer site) throws Exception {
        return Files.readString(site.adminTokenFile()).strip();
    }

    @TestFactory
    List<DynamicTest> wrongCommandsAreRefusedAndChangeNothing() {
        Map<List<String>, Integer> commands = Map.of(
                List.of("vpg", "create", "crm", "--vm", "db", "--vm", "nobody", "--to", "east"), 3,
                List.of("vpg", "create", "crm", "--vm", "db", "--to", "mars"), 3,
                List.of("vpg", "create", "crm", "--vm", "db", "--to", "east", "--interval", "often"), 2,
                List.of("vpg", "create", "crm", "--vm", "db", "--to", "east", "--colour", "red"), 2,
                List.of("vpg", "create", "crm", "--to", "east"), 2,
                List.of("recovery", "failover", "erp", "--yes", "--checkpoint", Long.toString(agedOut)), 3,
                List.of("recovery", "failover", "erp", "--yes", "--checkpoint", "newest"), 2,
                List.of("recovery", "failover", "nothing", "--yes"), 3,
                List.of("checkpoint", "tag", "erp", "x".repeat(201)), 2);
        List<DynamicTest> tests = new ArrayList<>();
        commands.forEach((command, code) -> tests.add(DynamicTest.dynamicTest(String.join(" ", command), () -> {
            String before = state();
            StringWriter out = new StringWriter();
            StringWriter err = new StringWriter();
            SiteServer site = command.getFirst().equals("recovery") ? east : west;
            int ended = TidemarkCli.run(
                    new PrintWriter(out),
                    new PrintWriter(err),
                    new StringReader(""),
                    Map.of("TIDEMARK_URL", site.server().restUrl(), "TIDEMARK_TOKEN", token(site)),
                    command.toArray(String[]::new));
            assertEquals(code, ended, () -> out + "" + err);
            assertTrue(
                    err.toString().contains("what to do:") || err.toString().contains("--help"),
                    () -> "no word of what to do: " + err);
            assertEquals("", out.toString());
            assertEquals(before, state());
        })));
        return tests;
    }

    /** What a request could have changed at either site; what changes by itself is left out. */
    private String state() throws ApiException {
        StringBuilder state = new StringBuilder();
        for (SiteServer site : List.of(west, east)) {
            for (String list :
                    List.of("/vpgs", "/recoveries", "/hypervisors", "/vms", "/sites", "/tasks", "/plugins")) {
                for (JsonNode item : site.api().get(list).path("items")) {
                    state.append(list);
                    // The state of a VPG follows what the sites hear of each other; its definition and life cycle are
                    // its version.
                    String own = list.equals("/vpgs") ? "role" : "state";
                    for (String member :
                            List.of(own, "id", "name", "policy", "epoch", "version", "power", "openRecoveries")) {
                        state.append(' ').append(item.path(member));
                    }
                    state.append('\n');
                }
            }
            for (JsonNode tagged :
                    site.api().get("/vpgs/erp/checkpoints?kind=TAGGED").path("items")) {
                state.append(tagged).append('\n');
            }
        }
        return state.toString();
    }
}
