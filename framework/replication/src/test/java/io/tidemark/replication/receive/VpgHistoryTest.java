package io.tidemark.replication.receive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.journal.CheckpointRecord;
import io.tidemark.journal.HistoryLimits;
import io.tidemark.journal.HistoryLimits.WhenFull;
import io.tidemark.journal.Journal;
import io.tidemark.journal.JournalConfig;
import io.tidemark.journal.JournalId;
import io.tidemark.journal.JournalSpec;
import io.tidemark.journal.JournalVolume;
import io.tidemark.journal.Thinning;
import io.tidemark.journal.batch.BatchBuilder;
import io.tidemark.journal.batch.RecordType;
import io.tidemark.journal.file.FileStoreFiles;
import io.tidemark.replication.receive.VpgRoom.Intake;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two journals of one VPG, of which one takes four times what the other does. */
class VpgHistoryTest {
    private static final Instant START = Instant.parse("2026-11-18T00:00:00Z");
    private static final Duration INTERVAL = Duration.ofMinutes(1);
    private static final JournalConfig CONFIG = new JournalConfig(1 << 20, 4, 16 << 20, 0);
    private static final int BATCH_BYTES = 128 << 10;
    private static final int CHECKPOINTS = 60;

    private final SplittableRandom random = new SplittableRandom(16);
    private Journal busy;
    private Journal quiet;
    private VpgHistory history;

    @BeforeEach
    void open(@TempDir Path folder) throws IOException {
        VpgId vpg = VpgId.random();
        busy = journal(folder.resolve("busy"), vpg);
        quiet = journal(folder.resolve("quiet"), vpg);
        history = new VpgHistory(() -> List.of(busy, quiet));
        for (int i = 1; i <= CHECKPOINTS; i++) {
            write(busy, 8);
            write(quiet, 2);
            for (Journal each : List.of(busy, quiet)) {
                each.sync();
                each.addCheckpoint(CheckpointRecord.automatic(
                        new CheckpointId(i), each.durablePosition(), START.plus(INTERVAL.multipliedBy(i))));
            }
        }
    }

    @AfterEach
    void close() throws IOException {
        busy.close();
        quiet.close();
    }

    private static Journal journal(Path folder, VpgId vpg) throws IOException {
        VmId vm = new VmId(String.valueOf(folder.getFileName()));
        JournalSpec spec =
                new JournalSpec(new JournalId(vpg, vm), List.of(new JournalVolume(new VolumeId(vm + "/vda"), 1 << 20)));
        Journal journal = Journal.create(folder, spec, CONFIG, new FileStoreFiles());
        BatchBuilder markers = new BatchBuilder(4096);
        markers.addMarker(RecordType.SYNC_BEGIN);
        markers.addMarker(RecordType.SYNC_END);
        journal.append(markers.build(0, 1));
        return journal;
    }

    /** The same part of the volume each time, so that the base image stays small. */
    private void write(Journal journal, int batches) throws IOException {
        for (int i = 0; i < batches; i++) {
            BatchBuilder batch = new BatchBuilder(BATCH_BYTES);
            byte[] noise = new byte[BATCH_BYTES];
            random.nextBytes(noise);
            batch.add(0, 0, ByteBuffer.wrap(noise));
            journal.append(batch.build(journal.appendedPosition(), 1));
        }
    }

    private static HistoryLimits limits(long maxBytes, WhenFull whenFull) {
        return new HistoryLimits(Duration.ofHours(24), maxBytes, whenFull, Thinning.NONE);
    }

    private static Instant end() {
        return START.plus(INTERVAL.multipliedBy(CHECKPOINTS));
    }

    @Test
    void theLimitIsForAllJournalsAndShortensThemAlike() throws IOException {
        long used = history.room().usedBytes();
        long limit = used / 2;
        history.age(limits(limit, WhenFull.SHORTEN), end());
        VpgRoom room = history.room();
        assertTrue(room.usedBytes() <= limit, room::toString);
        assertTrue(room.usedBytes() > limit * 3 / 4, "no more is given up than has to be: " + room);
        assertEquals(
                busy.checkpoints().getFirst().id(),
                quiet.checkpoints().getFirst().id(),
                "nothing is kept that cannot be chosen");
        long kept = CommonCheckpoints.selectable(List.of(busy, quiet)).size();
        assertTrue(kept > CHECKPOINTS / 3 && kept < CHECKPOINTS * 2 / 3, "half the room is half the history: " + kept);
    }

    @Test
    void withoutALimitEverythingWithinTheHistoryStays() throws IOException {
        history.age(limits(VpgRoom.UNLIMITED, WhenFull.SHORTEN), end());
        assertEquals(CHECKPOINTS, busy.checkpoints().size());
        history.age(
                new HistoryLimits(Duration.ofMinutes(10), VpgRoom.UNLIMITED, WhenFull.SHORTEN, Thinning.NONE), end());
        assertEquals(11, busy.checkpoints().size());
        assertEquals(11, quiet.checkpoints().size());
    }

    @Test
    void stopGivesUpNothing() throws IOException {
        long used = history.room().usedBytes();
        history.age(limits(used / 2, WhenFull.STOP), end());
        assertEquals(CHECKPOINTS, busy.checkpoints().size());
        assertEquals(Intake.STOPPED, history.room().intake());
        history.limit(limits(used * 2, WhenFull.STOP));
        assertEquals(Intake.OPEN, history.room().intake());
    }

    @Test
    void theForecastSaysHowMuchFitsAndWhen() throws IOException {
        long used = history.room().usedBytes();
        history.limit(limits(used * 2, WhenFull.SHORTEN));
        VpgRoom room = history.room();
        long perHour = room.bytesPerHour().orElseThrow();
        // 59 minutes of 10 batches each minute.
        double written = 10.0 * BATCH_BYTES * CHECKPOINTS;
        assertTrue(perHour > written * 0.9 && perHour < written * 1.2, room + " " + perHour);
        long hours = room.fitting(perHour).toMinutes();
        assertTrue(hours > 100 && hours < 130, "twice the room for about an hour: " + hours + " min");
        long full = room.fullAfter(perHour).toMinutes();
        assertTrue(full > 50 && full < 70, "as much again: " + full + " min");
    }

    @Test
    void thinningKeepsTheSameCheckpointsInAllJournalsAndGivesTheirRoomBack() throws IOException {
        long used = history.room().usedBytes();
        Thinning oneEveryTenMinutes =
                new Thinning(List.of(new Thinning.Tier(Duration.ofMinutes(20), Duration.ofMinutes(10))));
        history.age(
                new HistoryLimits(Duration.ofHours(24), VpgRoom.UNLIMITED, WhenFull.SHORTEN, oneEveryTenMinutes),
                end());
        List<Long> kept = CommonCheckpoints.selectable(List.of(busy, quiet)).stream()
                .map(checkpoint -> checkpoint.id().value())
                .toList();
        assertEquals(
                kept, busy.checkpoints().stream().map(each -> each.id().value()).toList());
        assertEquals(
                kept,
                quiet.checkpoints().stream().map(each -> each.id().value()).toList());
        // Minutes 1 to 39 are older than 20 minutes: the first of each ten stays, and all that are younger.
        assertEquals(List.of(1L, 10L, 20L, 30L, 40L, 41L, 42L), kept.subList(0, 7));
        assertEquals(CHECKPOINTS, kept.getLast());
        assertEquals(4 + 21, kept.size());
        long now = history.room().usedBytes();
        // Of 390 writes to one place in the first 39 minutes those before the four that are kept are given back.
        assertTrue(now < used * 3 / 4, used + " -> " + now);
    }
}
