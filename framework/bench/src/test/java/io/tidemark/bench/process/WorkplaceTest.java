package io.tidemark.bench.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WorkplaceTest {
    @TempDir
    private Path parent = Path.of("");

    @Test
    void closingKillsWhatRunsAndDeletesWhatWasWritten() throws Exception {
        Peer peer;
        try (Workplace workplace = Workplace.open(parent, 1)) {
            Files.createDirectories(workplace.fresh("folder").resolve("below"));
            peer = Program.serve(workplace, List.of("sleep", "600"));
            assertTrue(ProcessHandle.of(peer.pid()).isPresent());
        }
        assertTrue(ProcessHandle.of(peer.pid()).stream().noneMatch(ProcessHandle::isAlive));
        try (Stream<Path> left = Files.list(parent)) {
            assertEquals(List.of(), left.toList());
        }
    }

    @Test
    void nothingIsStartedWhenTheDiskIsTooSmall() throws Exception {
        NotEnoughSpaceException refused =
                assertThrows(NotEnoughSpaceException.class, () -> Workplace.open(parent, Long.MAX_VALUE / 2));
        assertTrue(String.valueOf(refused.getMessage()).contains("--dir"), refused.getMessage());
        try (Stream<Path> left = Files.list(parent)) {
            assertEquals(List.of(), left.toList());
        }
    }

    @Test
    void aProgramThatFailsSaysWhatItPrinted() throws Exception {
        try (Workplace workplace = Workplace.open(parent, 1)) {
            IOException failed = assertThrows(
                    IOException.class,
                    () -> Program.run(
                            workplace, Duration.ofSeconds(20), List.of("sh", "-c", "echo no such thing; exit 3")));
            String message = String.valueOf(failed.getMessage());
            assertTrue(message.contains("exit code 3") && message.contains("no such thing"), message);
            IOException hung = assertThrows(
                    IOException.class, () -> Program.run(workplace, Duration.ofMillis(50), List.of("sleep", "600")));
            assertTrue(String.valueOf(hung.getMessage()).contains("did not end"), hung.getMessage());
            Peer peer = Program.serve(workplace, List.of("false"));
            assertThrows(IOException.class, () -> peer.awaitSocket(workplace.fresh("socket")));
        }
        assertFalse(Program.isInstalled("no-such-program-anywhere"));
    }
}
