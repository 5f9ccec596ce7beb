package io.tidemark.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.server.ServerSettings;
import io.tidemark.server.TidemarkServer;
import io.tidemark.server.dataplane.ReplicationDataPlaneFactory;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.sample.SampleVmSpec;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The command line in this process, against two real servers with simulated hypervisors. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TidemarkCliTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Path PLUGINS = Path.of("target", "test-plugins");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Path folder;
    private final TidemarkServer west;
    private final TidemarkServer east;
    private final SampleVm database;

    private record Result(int code, String out, String err) {
        JsonNode json() throws Exception {
            assertEquals(0, code, err);
            return MAPPER.readTree(out);
        }

        Result ended(int expected) {
            assertEquals(expected, code, () -> out + err);
            return this;
        }

        Result says(String text) {
            assertTrue((out + err).contains(text), () -> "'" + text + "' is missing in:\n" + out + err);
            return this;
        }
    }

    TidemarkCliTest(@TempDir Path folder) throws Exception {
        this.folder = folder;
        west = start("west");
        east = start("east");
        run(west, "hypervisor", "add", "lab", "--kind", "sim").ended(0).says("lab is open");
        run(east, "hypervisor", "add", "lab", "--kind", "sim").ended(0);
        database = west.hypervisors()
                .find("lab")
                .orElseThrow()
                .sampleVms()
                .orElseThrow()
                .create(new SampleVmSpec("db", List.of(8L << 20)), OperationId.random(), Deadline.after(PATIENCE));
        String token = run(west, "site", "pair-token").ended(0).out().strip();
        run(east, "site", "pair", token).ended(0).says("Paired with west");
        run(west, "vpg", "create", "erp", "--vm", "db", "--to", "east", "--interval", "1")
                .ended(0)
                .says("VPG erp is created");
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!run(west, "vpg", "show", "erp", "--json")
                .json()
                .path("rpoSeconds")
                .isNumber()) {
            assertTrue(System.nanoTime() - end < 0, "no checkpoint came");
            Thread.sleep(100);
        }
    }

    @AfterAll
    void close() {
        database.close();
        west.close();
        east.close();
    }

    private TidemarkServer start(String name) throws Exception {
        return TidemarkServer.start(
                ServerSettings.loopback(folder.resolve(name), name, PLUGINS), new ReplicationDataPlaneFactory());
    }

    private static Result run(TidemarkServer server, String... arguments) throws Exception {
        return answering(
                "",
                Map.of("TIDEMARK_URL", server.restUrl(), "TIDEMARK_TOKEN", Files.readString(server.adminTokenFile())),
                arguments);
    }

    private static Result answering(String input, Map<String, String> environment, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = TidemarkCli.run(
                new PrintWriter(out), new PrintWriter(err), new StringReader(input), environment, arguments);
        return new Result(code, out.toString(), err.toString());
    }

    @Test
    void listsAreTablesForPeopleAndJsonForPrograms() throws Exception {
        for (String noun : List.of("site", "hypervisor", "vm", "vpg", "recovery", "task", "event", "plugin")) {
            Result table = run(west, noun, "list").ended(0);
            assertFalse(table.out().isBlank(), noun);
            assertTrue(table.out().lines().findFirst().orElse("").matches("[A-Z ]+"), () -> noun + ":\n" + table.out());
            assertTrue(run(west, noun, "list", "--json").json().path("items").isArray(), noun);
            assertTrue(run(west, "--json", noun, "list").json().path("items").isArray(), "options may come first");
        }
        run(west, "vm", "list").says("db").says("8.0 MiB").says("erp");
        run(west, "vm", "show", "db").ended(0).says("volumes[0].sizeBytes");
        run(west, "site", "show").ended(0).says("SELF");
        run(west, "status").ended(0).says("Site west").says("erp");
        run(west, "vpg", "watch", "erp", "--count", "1").ended(0).says("RPO");
    }

    @Test
    void checkpointsAreTaggedAndPinned() throws Exception {
        JsonNode made =
                run(west, "checkpoint", "tag", "erp", "before patch", "--json").json();
        String id = made.path("id").asText();
        run(east, "checkpoint", "list", "erp", "--kind", "tagged")
                .ended(0)
                .says("before patch")
                .says(id);
        run(east, "checkpoint", "pin", "erp", id).ended(0).says("is pinned");
        run(east, "checkpoint", "unpin", "erp", id).ended(0);
        run(east, "checkpoint", "list", "erp", "--limit", "1").ended(0).says("--cursor");
    }

    @Test
    void testAndFailoverAreFollowedStepByStep() throws Exception {
        database.append(0, 1, Deadline.after(PATIENCE));
        run(west, "checkpoint", "tag", "erp", "good").ended(0);
        run(east, "recovery", "test", "erp", "--tag", "good", "--dry-run")
                .ended(0)
                .says("steps[0]");
        Result test = run(east, "recovery", "test", "erp", "--tag", "good", "--json");
        assertTrue(test.err().contains("succeeded"), test.err());
        String id = test.json().path("id").asText();
        assertEquals("TESTING", test.json().path("state").asText());
        run(east, "recovery", "show", id).ended(0).says("TESTING");
        run(east, "recovery", "commit", id, "--yes").ended(5).says("what to do:");
        run(east, "recovery", "stop", id, "--result", "passed", "--note", "fine")
                .ended(0)
                .says("is stopped");

        run(east, "recovery", "failover", "erp")
                .ended(2)
                .says("Nothing was done")
                .says("--yes");
        Result failover = run(east, "recovery", "failover", "erp", "--tag", "good", "--yes")
                .ended(0)
                .says("uncommitted");
        String failoverId = run(east, "recovery", "list", "--json")
                .json()
                .path("items")
                .path(0)
                .path("id")
                .asText();
        assertTrue(failover.err().contains("recovery rollback " + failoverId), failover.err());
        Map<String, String> environment =
                Map.of("TIDEMARK_URL", east.restUrl(), "TIDEMARK_TOKEN", Files.readString(east.adminTokenFile()));
        answering("no\n", environment, "recovery", "rollback", failoverId)
                .ended(2)
                .says("Nothing was done");
        answering("rollback\n", environment, "recovery", "rollback", failoverId)
                .ended(0)
                .says("rolled_back");
    }

    @Test
    void failuresSayWhatToDoAndEndWithTheirCode() throws Exception {
        run(west, "vpg", "show", "nothing")
                .ended(3)
                .says("Error:")
                .says("why:")
                .says("what to do:")
                .says("TDM-1401");
        run(west, "vm", "show", "nobody").ended(3).says("nobody");
        run(west, "vpg", "create", "erp", "--vm", "db", "--to", "east").ended(5).says("TDM-1402");
        run(west, "vpg", "create", "x", "--vm", "db", "--to", "east", "--interval", "0")
                .ended(2)
                .says("/policy/checkpointIntervalSeconds");
        run(west, "recovery", "test", "erp", "--checkpoint", "999999").ended(3);
        run(west, "recovery", "test", "erp", "--checkpoint", "1", "--tag", "x").ended(2);
        run(west, "recovery", "show", "abc").ended(2).says("path/recovery");
        run(west, "nonsense").ended(2).says("--help");
        run(west).ended(2);
        run(west, "vpg", "delete", "erp").ended(2).says("--yes");
        run(west, "hypervisor", "remove", "lab", "--yes").ended(5);
        answering("", Map.of("TIDEMARK_URL", west.restUrl(), "TIDEMARK_TOKEN", "wrong"), "vm", "list")
                .ended(4)
                .says("token");
        answering("", Map.of("TIDEMARK_URL", west.restUrl()), "vm", "list").ended(4);
        answering("", Map.of("TIDEMARK_URL", "http://127.0.0.1:1"), "vm", "list")
                .ended(1)
                .says("--site");
        answering("", Map.of("TIDEMARK_URL", "paris"), "vm", "list").ended(2);
        answering(
                        "",
                        Map.of(),
                        "vm",
                        "list",
                        "--site",
                        west.restUrl(),
                        "--token-file",
                        folder.resolve("none").toString())
                .ended(4)
                .says("--token-file");
        answering(
                        "",
                        Map.of(),
                        "vm",
                        "list",
                        "--site",
                        west.restUrl(),
                        "--token-file",
                        west.adminTokenFile().toString())
                .ended(0);
    }

    @Test
    void pluginsAreVerifiedBeforeTheyAreInstalled() throws Exception {
        Path garbage = Files.writeString(folder.resolve("garbage.zip"), "not a zip");
        run(west, "plugin", "verify", garbage.toString()).ended(1).says("what to do:");
        run(west, "plugin", "install", garbage.toString()).ended(5).says("plugin-refused");
        run(west, "plugin", "verify", folder.resolve("missing.zip").toString()).ended(1);
        Path good = Path.of("target", "test-plugins").toFile().listFiles()[0].toPath();
        run(west, "plugin", "verify", good.toString()).ended(0).says("accepted");
        run(west, "plugin", "remove", "nothing", "--yes").ended(3);
    }

    @Test
    void policyIsChangedAndShownAndJournalsAreScrubbed() throws Exception {
        run(east, "vpg", "update", "erp", "--journal-limit", "50GiB", "--when-full", "slow", "--thin", "1h:1m,24h:15m")
                .ended(0)
                .says("50 GiB")
                .says("slow")
                .says("older than 1 h: one per 1 min; older than 1 d: one per 15 min");
        JsonNode policy = run(west, "vpg", "show", "erp", "--json").json().path("policy");
        assertEquals(50L << 30, policy.path("journalLimitBytes").asLong());
        assertEquals(1, policy.path("checkpointIntervalSeconds").asInt(), "what is not named stays");
        run(west, "vpg", "show", "erp").ended(0).says("history kept").says("writes are");
        run(west, "vpg", "update", "erp", "--journal-limit", "none", "--thin", "none")
                .ended(0)
                .says("none");
        run(west, "vpg", "update", "erp").ended(2).says("nothing is to be changed");
        run(west, "vpg", "update", "erp", "--thin", "1h").ended(2).says("AGE:INTERVAL");
        run(west, "vpg", "update", "erp", "--when-full", "explode").ended(2).says("whenFull");
        run(west, "vpg", "scrub", "erp").ended(0).says("nothing is damaged").says("checkpoints can be chosen");
    }

    @Test
    void helpNeedsNoServer() {
        for (String noun : List.of(
                "site", "hypervisor", "vm", "vpg", "checkpoint", "recovery", "task", "event", "plugin", "status")) {
            answering("", Map.of(), noun, "--help").ended(0).says("--json");
        }
        answering("", Map.of(), "--version").ended(0);
    }
}
