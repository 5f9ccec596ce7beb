package io.tidemark.journal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.journal.file.FileStoreFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The offline tool tells the truth about committed journals, and leaves every byte as it was. */
final class JournalInspectionTest {
    @TempDir
    private Path temporary = Path.of("replaced by JUnit");

    private Path folder = Path.of("replaced below");

    @BeforeEach
    void copyGolden() throws IOException {
        folder = Files.createDirectory(temporary.resolve("journal"));
        try (Stream<Path> golden = Files.list(Path.of("src/test/resources/golden-journal-v2"))) {
            for (Path file : golden.toList()) {
                Files.copy(file, folder.resolve(String.valueOf(file.getFileName())));
            }
        }
    }

    private TreeMap<Path, byte[]> contents() throws IOException {
        TreeMap<Path, byte[]> all = new TreeMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(path -> !path.endsWith("lock")).toList()) {
                all.put(file, Files.readAllBytes(file));
            }
        }
        return all;
    }

    private Path firstSegment() throws IOException {
        return contents().keySet().stream()
                .filter(path -> JournalLayout.segmentName(path).isPresent())
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aGoodJournalIsExplainedAndNotChanged() throws IOException {
        TreeMap<Path, byte[]> before = contents();
        StringWriter text = new StringWriter();
        try (JournalInspection inspection = JournalInspection.open(folder, new FileStoreFiles())) {
            PrintWriter out = new PrintWriter(text);
            inspection.inspect(out);
            inspection.dump(out);
            assertEquals(0, inspection.verify(out));
            assertThrows(JournalRefusedException.class, () -> JournalInspection.open(folder, new FileStoreFiles()));
        }
        assertTrue(text.toString().contains("vm-gölden"), text::toString);
        assertTrue(text.toString().contains("checkpoints  3, of them 0 damaged"), text::toString);
        assertTrue(text.toString().contains("TRIM volume 0"), text::toString);
        assertTrue(text.toString().contains("verified     up to position 20: nothing is lost"), text::toString);
        TreeMap<Path, byte[]> after = contents();
        assertEquals(before.keySet(), after.keySet());
        before.forEach((path, bytes) -> assertArrayEquals(bytes, after.get(path), path::toString));
    }

    @Test
    void framesThatWereThinnedOutAreNoDamage() throws IOException {
        Path thinned = Files.createDirectory(temporary.resolve("thinned"));
        try (Stream<Path> golden = Files.list(Path.of("src/test/resources/golden-journal-v2-thinned"))) {
            for (Path file : golden.toList()) {
                Files.copy(file, thinned.resolve(String.valueOf(file.getFileName())));
            }
        }
        StringWriter text = new StringWriter();
        try (JournalInspection inspection = JournalInspection.open(thinned, new FileStoreFiles())) {
            PrintWriter out = new PrintWriter(text);
            inspection.inspect(out);
            inspection.dump(out);
            assertEquals(0, inspection.verify(out), text::toString);
        }
        assertTrue(text.toString().contains("thinned      frame 0"), text::toString);
        assertTrue(text.toString().contains("thinned-000000000000000a.tmn"), text::toString);
        assertTrue(text.toString().contains(": nothing is lost"), text::toString);
    }

    @Test
    void damageIsNamedWithItsPlace() throws IOException {
        Path segment = firstSegment();
        try (FileChannel channel = FileChannel.open(segment, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[] {77}), SegmentHeader.BYTES + 5_000);
        }
        StringWriter text = new StringWriter();
        try (JournalInspection inspection = JournalInspection.open(folder, new FileStoreFiles())) {
            assertEquals(1, inspection.verify(new PrintWriter(text)));
        }
        assertTrue(text.toString().contains(segment + " at offset 4096"), text::toString);
        Files.delete(segment);
        try (JournalInspection inspection = JournalInspection.open(folder, new FileStoreFiles())) {
            assertEquals(1, inspection.verify(new PrintWriter(text)));
        }
        assertTrue(text.toString().contains("missing      records from position"), text::toString);
    }
}
