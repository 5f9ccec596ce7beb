package io.tidemark.launcher.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.journal.Journal;
import io.tidemark.journal.JournalConfig;
import io.tidemark.journal.file.FileStoreFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code tidemark journal} on a journal that was committed with the engine. */
final class JournalCommandTest {
    private static final Path GOLDEN = Path.of("../journal/src/test/resources/golden-journal-v2");
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Path parent;
    private final Path folder;
    private StringWriter out = new StringWriter();
    private StringWriter err = new StringWriter();

    JournalCommandTest(@TempDir Path parent) {
        this.parent = parent;
        this.folder = parent.resolve("vpg").resolve("vm");
    }

    @BeforeEach
    void copyTheJournal() throws IOException {
        Files.createDirectories(folder);
        try (Stream<Path> files = Files.list(GOLDEN)) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(String.valueOf(file.getFileName())));
            }
        }
    }

    private int run(String... arguments) {
        out = new StringWriter();
        err = new StringWriter();
        CommandLine line = JournalCommand.commandLine();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        return line.execute(arguments);
    }

    private JsonNode json() throws IOException {
        return MAPPER.readTree(out.toString());
    }

    private Map<String, byte[]> contents() throws IOException {
        Map<String, byte[]> contents = new TreeMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                String name = String.valueOf(file.getFileName());
                if (!name.equals("lock")) {
                    contents.put(name, Files.readAllBytes(file));
                }
            }
        }
        return contents;
    }

    @Test
    void aSoundJournalIsExplainedAndNotChanged() throws IOException {
        Map<String, byte[]> before = contents();
        for (String command : List.of("inspect", "verify", "dump")) {
            assertEquals(0, run(command, folder.toString()), () -> out.toString() + err);
            assertEquals("", err.toString());
            assertEquals(0, run(command, "--json", folder.toString()), err::toString);
        }
        Map<String, byte[]> after = contents();
        assertEquals(before.keySet(), after.keySet());
        before.forEach((name, bytes) ->
                assertEquals(ByteBuffer.wrap(bytes), ByteBuffer.wrap(after.getOrDefault(name, new byte[0])), name));
    }

    @Test
    void whatIsToldAgreesWithTheJournal() throws IOException {
        assertEquals(0, run("inspect", "--json", folder.toString()), err::toString);
        JsonNode facts = json();
        assertEquals(0, run("verify", "--json", folder.toString()), err::toString);
        JsonNode found = json();
        assertEquals(0, run("inspect", folder.toString()), err::toString);
        String text = out.toString();
        try (Journal journal = Journal.open(folder, JournalConfig.defaults(), new FileStoreFiles())) {
            assertEquals(
                    journal.checkpoints().size(),
                    facts.path("checkpoints").path("selectable").asInt());
            assertEquals(journal.durablePosition(), facts.path("endPosition").asLong());
            assertEquals(journal.spec().volumes().size(), facts.path("volumes").size());
            assertTrue(text.contains("VM " + journal.spec().id().vm()), text);
            assertEquals(
                    journal.checkpoints().size(),
                    found.path("usableCheckpoints").asInt());
        }
        assertTrue(found.path("sound").asBoolean(), found::toString);
        assertTrue(found.path("bytesRead").asLong() > 0, found::toString);
    }

    @Test
    void everyLineOfADumpIsUnderstoodAndFiltersAreKept() throws IOException {
        assertEquals(0, run("dump", "--json", folder.toString()), err::toString);
        List<String> all = out.toString().lines().toList();
        for (String line : all) {
            assertFalse(MAPPER.readTree(line).path("item").asText().equals("other"), line);
        }
        for (String item : List.of("checkpoint", "segment", "batch", "record")) {
            assertTrue(all.stream().anyMatch(line -> line.contains("\"item\":\"" + item + "\"")), item);
        }
        assertEquals(0, run("dump", "--records", "--limit", "3", folder.toString()), err::toString);
        assertEquals(3, out.toString().lines().count());
        assertTrue(out.toString().lines().allMatch(line -> line.contains("record ")), out::toString);
        assertEquals(0, run("dump", "--checkpoints", folder.toString()), err::toString);
        assertTrue(out.toString().lines().allMatch(line -> line.startsWith("checkpoint ")), out::toString);
        String segment = all.stream()
                .filter(line -> line.contains("\"item\":\"segment\""))
                .reduce((a, b) -> b)
                .orElseThrow();
        String number = MAPPER.readTree(segment).path("segment").asText();
        assertEquals(0, run("dump", "--segment", number, folder.toString()), err::toString);
        assertTrue(out.toString().startsWith("segment " + number + " "), out::toString);
        assertEquals(
                1,
                out.toString()
                        .lines()
                        .filter(line -> line.startsWith("segment"))
                        .count());
    }

    @Test
    void damageIsNamedWithItsPlaceAndWhatFollows() throws IOException {
        assertEquals(0, run("dump", "--json", folder.toString()), err::toString);
        long batchOffset = 0;
        String file = "";
        for (String line : out.toString().lines().toList()) {
            JsonNode item = MAPPER.readTree(line);
            if (item.path("item").asText().equals("segment") && file.isEmpty()) {
                file = item.path("file").asText();
            }
            if (item.path("item").asText().equals("batch")
                    && item.path("payloadBytes").asLong() > 0) {
                batchOffset =
                        item.path("offset").asLong() + item.path("storedBytes").asLong() - 4096;
                break;
            }
        }
        try (FileChannel segment = FileChannel.open(Path.of(file), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer block = ByteBuffer.allocate(4096);
            segment.read(block, batchOffset);
            for (int i = 0; i < block.capacity(); i++) {
                block.put(i, (byte) ~block.get(i));
            }
            segment.write(block.flip(), batchOffset);
        }
        assertEquals(1, run("verify", folder.toString()), out::toString);
        assertTrue(out.toString().contains("DAMAGE"), out::toString);
        assertTrue(out.toString().contains("What to do:"), out::toString);
        assertTrue(out.toString().contains(String.valueOf(Path.of(file).getFileName())), out::toString);
        assertEquals(1, run("verify", "--json", folder.toString()), out::toString);
        assertFalse(json().path("sound").asBoolean());
    }

    @Test
    void whatCannotBeLookedAtIsRefusedPolitely() throws IOException {
        assertEquals(3, run("verify", parent.resolve("nowhere").toString()));
        assertTrue(err.toString().contains("does not exist"), err::toString);
        assertEquals(3, run("inspect", parent.toString()));
        assertTrue(err.toString().contains("is not a journal"), err::toString);
        assertTrue(err.toString().contains(folder.toString()), "it names the journals below");
        Path file = Files.writeString(parent.resolve("file"), "text");
        assertEquals(3, run("dump", file.toString()));
        assertTrue(err.toString().contains("is a file"), err::toString);
        try (Journal journal = Journal.open(folder, JournalConfig.defaults(), new FileStoreFiles())) {
            for (String command : List.of("inspect", "verify", "dump")) {
                assertEquals(3, run(command, folder.toString()), journal::toString);
                assertTrue(err.toString().contains("in use"), err::toString);
                assertTrue(
                        err.toString()
                                .contains("process " + ProcessHandle.current().pid()),
                        err::toString);
            }
        }
        assertEquals(0, run("inspect", folder.toString()), err::toString);
        assertEquals(2, run(), "no command");
    }
}
