package io.tidemark.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.bench.process.Program;
import io.tidemark.bench.suite.Benchmark;
import io.tidemark.bench.suite.Suite;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

final class BenchCommandTest {
    @TempDir
    private Path folder = Path.of("");

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream progress = new ByteArrayOutputStream();
    private final StringWriter errors = new StringWriter();

    private int run(String... arguments) {
        BenchCommand command = new BenchCommand(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(progress, true, StandardCharsets.UTF_8));
        return new CommandLine(command).setErr(new PrintWriter(errors, true)).execute(arguments);
    }

    private String printed() {
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void listExplainsEveryBenchmark() {
        assertEquals(0, run("list"));
        for (Benchmark benchmark : Suite.all()) {
            assertTrue(printed().contains(benchmark.name() + "\n"), benchmark.name());
            assertTrue(printed().contains(benchmark.explanation().bar()), benchmark.name());
        }
    }

    @Test
    void wrongArgumentsAreNamed() {
        assertEquals(2, run("no-such"));
        assertTrue(errors.toString().contains("there is no benchmark 'no-such'"), errors.toString());
        assertEquals(2, run("journal-ingest", "--rounds", "0"));
        assertTrue(errors.toString().contains("--rounds must be at least 1"), errors.toString());
        assertEquals(2, run("journal-ingest", "--disk-gib", "0"));
        assertEquals(2, run("journal-ingest", "--no-such"));
        assertEquals(2, run());
    }

    @Test
    void whatCannotBeMeasuredIsAnError() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "in the way");
        assertEquals(1, run("journal-ingest", "--quick", "--dir", file.toString()));
        assertTrue(
                progress.toString(StandardCharsets.UTF_8).contains("could not be measured"),
                progress.toString(StandardCharsets.UTF_8));
    }

    /** The whole way, small; its speed says nothing and is not looked at. */
    @Test
    void aSmallRunGivesTableAndJsonAndLeavesNothing() throws Exception {
        Assumptions.assumeTrue(Program.isInstalled("fio"), "fio is not installed");
        Path work = folder.resolve("work");
        Path json = folder.resolve("result.json");
        int code =
                run("journal-ingest", "--quick", "--rounds", "1", "--dir", work.toString(), "--json", json.toString());
        assertEquals(0, code, () -> progress.toString(StandardCharsets.UTF_8));
        assertTrue(printed().contains("durable ingest"), printed());
        JsonNode result = new ObjectMapper().readTree(json.toFile());
        assertEquals("journal-ingest", result.path("name").asText());
        JsonNode metric = result.path("metrics").path(0);
        assertTrue(metric.path("tidemark").asDouble() > 0 && metric.path("peer").asDouble() > 0, metric.toString());
        assertFalse(metric.path("met").isMissingNode());
        try (Stream<Path> left = Files.list(work)) {
            assertEquals(List.of(), left.toList());
        }
    }
}
