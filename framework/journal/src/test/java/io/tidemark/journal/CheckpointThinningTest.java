package io.tidemark.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.spi.id.CheckpointId;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which checkpoints thinning takes away. */
final class CheckpointThinningTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:03.250Z");
    private static final Thinning TIERS = new Thinning(List.of(
            new Thinning.Tier(Duration.ofMinutes(5), Duration.ofMinutes(1)),
            new Thinning.Tier(Duration.ofMinutes(30), Duration.ofMinutes(10)),
            new Thinning.Tier(Duration.ofHours(2), Duration.ofHours(1))));

    private static CheckpointRecord automatic(long id) {
        return CheckpointRecord.automatic(new CheckpointId(id), id * 10, START.plusSeconds(5 * id));
    }

    private static CheckpointTable every5Seconds(int count) {
        CheckpointTable table = CheckpointTable.EMPTY;
        for (int id = 1; id <= count; id++) {
            table = table.with(automatic(id));
        }
        return table;
    }

    private static Instant after(int checkpoints) {
        return START.plusSeconds(5L * checkpoints);
    }

    private static List<Long> ids(CheckpointTable table) {
        return table.stream().map(checkpoint -> checkpoint.id().value()).toList();
    }

    /** Through the log's entries, as often as it takes. */
    private static CheckpointTable thinned(CheckpointTable table, Instant now, Set<Long> held) throws Exception {
        CheckpointTable left = table;
        while (true) {
            List<IdRange> chosen =
                    new CheckpointThinning(left, TIERS, now, held).choose(CheckpointEntry.Thin.MAX_RANGES);
            if (chosen.isEmpty()) {
                return left;
            }
            CheckpointEntry entry = new CheckpointEntry.Thin(chosen);
            var bytes = entry.encode(4096);
            var log = java.nio.ByteBuffer.allocate(4096 + bytes.remaining()).order(java.nio.ByteOrder.LITTLE_ENDIAN);
            log.put(4096, bytes, 0, bytes.remaining());
            assertEquals(bytes.remaining(), CheckpointEntry.validLength(log, 4096));
            assertEquals(entry, CheckpointEntry.decode(log, 4096));
            CheckpointTable next = entry.applyTo(left, Path.of("log"), 4096);
            assertTrue(next.size() < left.size(), "each entry takes something away");
            left = next;
        }
    }

    @Test
    void theFirstOfEachIntervalStays() throws Exception {
        int count = 6 * 720;
        CheckpointTable left = thinned(every5Seconds(count), after(count), Set.of());
        List<Long> expected = new ArrayList<>();
        long last = Long.MIN_VALUE;
        for (long id = 1; id <= count; id++) {
            Duration age = Duration.between(automatic(id).time(), after(count));
            long interval = age.compareTo(Duration.ofHours(2)) > 0
                    ? 3600
                    : age.compareTo(Duration.ofMinutes(30)) > 0
                            ? 600
                            : age.compareTo(Duration.ofMinutes(5)) > 0 ? 60 : 0;
            // Intervals of different tiers are different ones.
            long bucket = interval == 0 ? -id : automatic(id).time().getEpochSecond() / interval * 10_000 + interval;
            if (bucket != last || id == count) {
                expected.add(id);
            }
            last = bucket;
        }
        assertEquals(expected, ids(left));
        assertTrue(expected.size() < 150, () -> expected.size() + " are left of " + count);
    }

    /** Journals of one VPG agree although they are thinned at other times and in other steps; once is as good as twice (J8). */
    @Test
    void theOrderOfThinningDoesNotMatter() {
        Seeds.check(30, random -> {
            int count = 3000;
            CheckpointTable all = every5Seconds(count);
            CheckpointTable once = thinned(all, after(count), Set.of());
            CheckpointTable often = CheckpointTable.EMPTY;
            int next = 1;
            while (next <= count) {
                for (int i = random.nextInt(400); i >= 0 && next <= count; i--) {
                    often = often.with(automatic(next++));
                }
                often = thinned(often, after(next - 1), Set.of());
            }
            often = thinned(often, after(count), Set.of());
            assertEquals(ids(once), ids(often));
            assertEquals(ids(once), ids(thinned(once, after(count), Set.of())));
        });
    }

    @Test
    void whatMattersToSomebodyStays() {
        Seeds.check(30, random -> {
            int count = 3000;
            CheckpointTable table = CheckpointTable.EMPTY;
            Set<Long> stays = new HashSet<>();
            Set<Long> held = new HashSet<>();
            for (long id = 1; id <= count; id++) {
                CheckpointRecord record = special(random, automatic(id));
                table = table.with(record);
                boolean isHeld = random.nextInt(200) == 0;
                if (isHeld) {
                    held.add(id);
                }
                if (isHeld || id == count || !record.equals(automatic(id))) {
                    stays.add(id);
                }
            }
            CheckpointTable left = thinned(table, after(count).plus(Duration.ofDays(1)), held);
            assertTrue(ids(left).containsAll(stays));
            int others = left.size() - stays.size();
            assertTrue(others <= 6, () -> others + " others");
        });
    }

    private static CheckpointRecord special(Random random, CheckpointRecord plain) {
        return switch (random.nextInt(400)) {
            case 0 -> plain.withPinning(Pinning.PINNED);
            case 1 ->
                new CheckpointRecord(
                        plain.id(),
                        plain.position(),
                        plain.time(),
                        CheckpointRecord.Kind.TAGGED,
                        "before the change",
                        Pinning.UNPINNED);
            case 2 ->
                new CheckpointRecord(
                        plain.id(),
                        plain.position(),
                        plain.time(),
                        CheckpointRecord.Kind.APPLICATION_CONSISTENT,
                        "",
                        Pinning.UNPINNED);
            default -> plain;
        };
    }

    @Test
    void aDamagedOneDoesNotStandForItsInterval() throws Exception {
        CheckpointTable table = every5Seconds(40).withDamage(1, 14, true);
        List<Long> left = ids(thinned(table, after(40).plusSeconds(310), Set.of()));
        assertTrue(left.containsAll(List.of(1L, 12L, 15L)), left::toString);
        // Once the damage is mended the first one is enough.
        CheckpointTable mended =
                thinned(table, after(40).plusSeconds(310), Set.of()).withDamage(1, 40, false);
        assertEquals(
                List.of(1L, 12L, 24L, 36L, 40L), ids(thinned(mended, after(40).plusSeconds(310), Set.of())));
    }

    @Test
    void intervalsThatDoNotFitIntoEachOtherAreRefused() {
        Thinning.Tier minute = new Thinning.Tier(Duration.ofMinutes(5), Duration.ofMinutes(1));
        Thinning.Tier odd = new Thinning.Tier(Duration.ofHours(1), Duration.ofSeconds(90));
        assertThrows(IllegalArgumentException.class, () -> new Thinning(List.of(minute, odd)));
        assertThrows(IllegalArgumentException.class, () -> new Thinning(List.of(odd, minute)));
    }
}
