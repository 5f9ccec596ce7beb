package io.tidemark.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.spi.id.CheckpointId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The table of checkpoints, and the log that it is read from. */
final class CheckpointLogTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final UUID INCARNATION = new UUID(3, 4);
    private static final Path PATH = Path.of("/j/checkpoints.tml");

    private static CheckpointRecord checkpoint(int id) {
        return CheckpointRecord.automatic(new CheckpointId(id), id * 10L, START.plusSeconds(id));
    }

    /** Listing takes no copy, and an older list does not change when more checkpoints come. */
    @Test
    void halfAMillionCheckpointsAreListedWithoutCopying() {
        CheckpointTable table = CheckpointTable.EMPTY;
        for (int i = 1; i <= 500_000; i++) {
            table = table.with(checkpoint(i));
        }
        List<CheckpointRecord> listed = table;
        CheckpointTable more = table.with(checkpoint(500_001));
        assertEquals(500_000, listed.size());
        assertEquals(500_001, more.size());
        assertEquals(checkpoint(250_000), listed.get(249_999));
        assertEquals(checkpoint(123_456), table.find(new CheckpointId(123_456)).orElseThrow());
        assertTrue(table.find(new CheckpointId(500_001)).isEmpty());
        assertEquals(400_000, table.firstIdSince(START.plusSeconds(400_000)));
        CheckpointTable pinned = table.withPinning(new CheckpointId(5), Pinning.PINNED);
        CheckpointTable aged = pinned.withoutUnpinnedBefore(499_999);
        assertEquals(
                List.of(5L, 499_999L, 500_000L),
                aged.stream().map(c -> c.id().value()).toList());
        assertEquals(Pinning.UNPINNED, table.get(4).pinning());
    }

    @Test
    void anExpiredLogIsRewrittenAndReadsTheSame() throws IOException {
        MemoryFiles files = new MemoryFiles();
        CheckpointLog.create(files, PATH, INCARNATION);
        CheckpointLog log = CheckpointLog.open(files, PATH, INCARNATION);
        for (int i = 1; i <= 6_000; i++) {
            log.add(checkpoint(i));
        }
        CheckpointRecord tagged = new CheckpointRecord(
                new CheckpointId(6_001), 60_010, START, CheckpointRecord.Kind.TAGGED, "x".repeat(1024), Pinning.PINNED);
        log.add(tagged);
        assertEquals(5_900, log.expireBefore(5_901));
        long before = log.lengthBytes();
        log.compactIfWorthIt();
        assertTrue(log.lengthBytes() < before / 10);
        CheckpointTable table = log.table();
        log.compactIfWorthIt();
        assertSame(table, log.table());
        log.add(checkpoint(6_002).withPinning(Pinning.PINNED));
        List<CheckpointRecord> expected = List.copyOf(log.table());
        log.close();
        assertEquals(expected, CheckpointLog.open(files, PATH, INCARNATION).table());
    }
}
