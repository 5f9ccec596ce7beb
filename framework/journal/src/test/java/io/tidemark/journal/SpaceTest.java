package io.tidemark.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tidemark.journal.HistoryLimits.WhenFull;
import io.tidemark.journal.batch.RecordType;
import io.tidemark.journal.file.FileStoreFiles;
import io.tidemark.spi.id.CheckpointId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a journal takes, and what happens when that is more than it may. */
final class SpaceTest {
    private static final JournalConfig CONFIG = new JournalConfig(256 * 1024, 4, 64 * 1024);
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final int CHECKPOINTS = 200;

    private final Model model = new Model(Model.spec(300_000, 100_000));

    private Journal filled(Path folder) throws IOException {
        Journal journal = Journal.create(folder, model.spec(), CONFIG, new FileStoreFiles());
        Random random = new Random(41);
        journal.append(model.marker(RecordType.SYNC_END, 0).buffer());
        for (int i = 1; i <= CHECKPOINTS; i++) {
            journal.append(model.nextBatch(random, 8, 0).buffer());
            long durable = journal.sync();
            journal.addCheckpoint(CheckpointRecord.automatic(new CheckpointId(i), durable, START.plusSeconds(60L * i)));
        }
        return journal;
    }

    @Test
    void theAccountMatchesDu(@TempDir Path temporary) throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/du")), "there is no du here");
        Path folder = temporary.resolve("journal");
        try (Journal journal = filled(folder)) {
            journal.age(START.plusSeconds(60L * CHECKPOINTS / 2));
            Process du = new ProcessBuilder("/usr/bin/du", "-s", "-S", "-B1", folder.toString()).start();
            String said = new String(du.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertEquals(0, du.waitFor());
            Process own = new ProcessBuilder("/usr/bin/stat", "-c", "%b %B", folder.toString()).start();
            String[] blocks = new String(own.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                    .trim()
                    .split(" ");
            long folderBytes = Long.parseLong(blocks[0]) * Long.parseLong(blocks[1]);
            long files = Long.parseLong(said.split("\t")[0]) - folderBytes;
            assertEquals(files, journal.space().totalBytes());
        }
    }

    @Test
    void historyGivesWayToTheLimit(@TempDir Path temporary) throws IOException {
        try (Journal journal = filled(temporary.resolve("journal"))) {
            journal.setPinning(new CheckpointId(CHECKPOINTS - 30), Pinning.PINNED);
            Instant now = START.plusSeconds(60L * CHECKPOINTS);
            long before = journal.space().totalBytes();
            HistoryLimits wide = new HistoryLimits(Duration.ofDays(30), before * 2, WhenFull.SHORTEN, Thinning.NONE);
            assertEquals(0, journal.age(wide, now).checkpointsExpired());
            HistoryLimits narrow = new HistoryLimits(Duration.ofDays(30), before / 2, WhenFull.SHORTEN, Thinning.NONE);
            HistoryForecast forecast = journal.forecast(narrow);
            assertTrue(forecast.historyWillShrink(), forecast::toString);
            AgeingResult result = journal.age(narrow, now);
            while (result.segmentsFolded() > 0) {
                result = journal.age(narrow, now);
            }
            assertTrue(journal.space().totalBytes() <= before / 2, () -> "it takes " + before + " bytes");
            assertTrue(journal.checkpoint(new CheckpointId(CHECKPOINTS - 30)).isPresent(), "pinned");
            assertTrue(journal.checkpoint(new CheckpointId(CHECKPOINTS)).isPresent(), "the newest");
            assertTrue(journal.checkpoints().size() > 10, "no more went than had to");
            model.checkAll(journal);
        }
    }

    @Test
    void otherPoliciesAdvise(@TempDir Path temporary) throws IOException {
        try (Journal journal = filled(temporary.resolve("journal"))) {
            long used = journal.space().totalBytes();
            Duration day = Duration.ofDays(1);
            assertEquals(
                    HistoryForecast.Advice.SLOW_DOWN,
                    journal.forecast(new HistoryLimits(day, used + used / 20, WhenFull.SLOW, Thinning.NONE))
                            .advice());
            assertEquals(
                    HistoryForecast.Advice.GO_ON,
                    journal.forecast(new HistoryLimits(day, used * 2, WhenFull.SLOW, Thinning.NONE))
                            .advice());
            HistoryForecast full = journal.forecast(new HistoryLimits(day, used, WhenFull.STOP, Thinning.NONE));
            assertEquals(HistoryForecast.Advice.STOP, full.advice());
            assertTrue(full.historyWillShrink() && full.bytesPerHour() > 0, full::toString);
            assertEquals(
                    0,
                    journal.age(new HistoryLimits(day, used / 4, WhenFull.STOP, Thinning.NONE), START.plusSeconds(60))
                            .checkpointsExpired());
        }
    }
}
