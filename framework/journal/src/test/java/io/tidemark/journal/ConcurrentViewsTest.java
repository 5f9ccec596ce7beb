package io.tidemark.journal;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.journal.batch.RecordType;
import io.tidemark.journal.file.FileStoreFiles;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VolumeId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** J1 while the owner appends and seals, and another thread ages and thins out: views that other threads open and read never show anything else. */
final class ConcurrentViewsTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final int READERS = 3;
    private static final HistoryLimits LIMITS = new HistoryLimits(
            Duration.ofDays(1),
            Long.MAX_VALUE,
            HistoryLimits.WhenFull.SHORTEN,
            new Thinning(List.of(
                    new Thinning.Tier(Duration.ofSeconds(4), Duration.ofSeconds(4)),
                    new Thinning.Tier(Duration.ofSeconds(20), Duration.ofSeconds(16)))));

    @Test
    void readersSeeTheirCheckpointWhileTheOwnerWorks(@TempDir Path folder) throws Exception {
        Model model = new Model(Model.spec(200_000));
        JournalConfig config = new JournalConfig(64 * 1024, 2, 64 * 1024);
        ConcurrentHashMap<Long, byte[]> expected = new ConcurrentHashMap<>();
        AtomicBoolean done = new AtomicBoolean();
        ExecutorService readers = Executors.newFixedThreadPool(READERS + 1);
        try (Journal journal = Journal.create(folder.resolve("j"), model.spec(), config, new FileStoreFiles())) {
            List<Future<Integer>> results = new ArrayList<>();
            for (int i = 0; i < READERS; i++) {
                Random random = new Random(i);
                results.add(readers.submit(() -> read(journal, expected, done, random)));
            }
            Future<Integer> thinned = readers.submit(() -> age(journal, done));
            try {
                append(journal, model, expected);
            } finally {
                done.set(true);
            }
            assertTrue(thinned.get(60, TimeUnit.SECONDS) > 0, "something was thinned out");
            int checked = 0;
            for (Future<Integer> result : results) {
                checked += result.get(60, TimeUnit.SECONDS);
            }
            if (checked == 0) {
                throw new AssertionError("no reader ever read anything");
            }
        } finally {
            readers.shutdown();
        }
    }

    private static void append(Journal journal, Model model, ConcurrentHashMap<Long, byte[]> expected)
            throws IOException {
        Random random = new Random(9);
        journal.append(model.marker(RecordType.SYNC_END, 0).buffer());
        expected.put(0L, model.contents(0, 0));
        for (int i = 1; i <= 250; i++) {
            journal.append(model.nextBatch(random, 4, 0).buffer());
            expected.put(model.end(), model.contents(0, model.end()));
            long durable = journal.sync();
            journal.addCheckpoint(CheckpointRecord.automatic(new CheckpointId(i), durable, START.plusSeconds(i)));
        }
    }

    /** By turns by time alone, and by time with thinning. */
    private static int age(Journal journal, AtomicBoolean done) throws IOException {
        int thinned = 0;
        while (!done.get()) {
            Instant newest =
                    journal.newestCheckpoint().map(CheckpointRecord::time).orElse(START);
            journal.age(newest.minusSeconds(60));
            thinned += journal.age(LIMITS, newest).segmentsThinned();
        }
        return thinned;
    }

    private static int read(
            Journal journal, ConcurrentHashMap<Long, byte[]> expected, AtomicBoolean done, Random random)
            throws IOException {
        int checked = 0;
        VolumeId disk = journal.spec().volumes().getFirst().id();
        while (!done.get()) {
            List<CheckpointRecord> all = journal.checkpoints();
            if (all.isEmpty()) {
                Thread.onSpinWait();
                continue;
            }
            CheckpointId id = all.get(random.nextInt(all.size())).id();
            try (VolumeView view = random.nextInt(4) == 0 ? journal.openLatest(disk) : journal.openView(disk, id)) {
                for (int i = random.nextInt(3); i >= 0; i--) {
                    ByteBuffer actual = ByteBuffer.allocate((int) view.sizeBytes());
                    view.read(0, actual);
                    if (!Arrays.equals(expected.get(view.position()), actual.array())) {
                        throw new AssertionError("J1: position " + view.position() + " is wrong");
                    }
                }
                checked++;
            } catch (JournalRefusedException e) {
                if (e.reason() != JournalRefusedException.Reason.NO_SUCH_CHECKPOINT) {
                    throw e;
                }
                // It aged out, or was thinned out, between the listing and the opening.
            }
        }
        return checked;
    }
}
