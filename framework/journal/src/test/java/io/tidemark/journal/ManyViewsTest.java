package io.tidemark.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.journal.batch.RecordType;
import io.tidemark.journal.file.FileStoreFiles;
import io.tidemark.spi.id.CheckpointId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** J1 with a thousand views open at once, while the owner appends and history ages and is thinned out; their memory stays bounded. */
final class ManyViewsTest {
    private static final JournalConfig CONFIG = new JournalConfig(256 << 10, 2, 1 << 20);
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final int VIEWS = 1_000;
    private static final int CHECKPOINTS = 300;
    private static final HistoryLimits LIMITS = new HistoryLimits(
            Duration.ofDays(1),
            Long.MAX_VALUE,
            HistoryLimits.WhenFull.SHORTEN,
            new Thinning(List.of(new Thinning.Tier(Duration.ofSeconds(20), Duration.ofSeconds(10)))));

    /** A view and what it must show. */
    private record Open(VolumeView view, ByteBuffer expected) {
        void check(Random random) throws IOException {
            int offset = random.nextInt(expected.capacity());
            int length = 1 + random.nextInt(expected.capacity() - offset);
            ByteBuffer actual = ByteBuffer.allocate(length);
            view.read(offset, actual);
            int at = expected.slice(offset, length).mismatch(actual.flip());
            assertEquals(-1, at, () -> view.volume() + " at position " + view.position() + " from offset " + offset);
        }
    }

    private final Model model = new Model(Model.spec(100_000, 65_536, 20_000));
    private final Random random = new Random(17);
    private long nextCheckpoint = 1;

    private void fill(Journal journal, int checkpoints) throws IOException {
        for (int i = 0; i < checkpoints; i++) {
            journal.append(model.nextBatch(random, 5, 0).buffer());
            long durable = journal.sync();
            journal.addCheckpoint(CheckpointRecord.automatic(
                    new CheckpointId(nextCheckpoint), durable, START.plusSeconds(nextCheckpoint)));
            nextCheckpoint++;
        }
    }

    @Test
    void aThousandViewsAtOnce(@TempDir Path folder) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(3);
        AtomicBoolean done = new AtomicBoolean();
        List<Open> open = new ArrayList<>();
        try (Journal journal = Journal.create(folder.resolve("j"), model.spec(), CONFIG, new FileStoreFiles())) {
            journal.append(model.marker(RecordType.SYNC_END, 0).buffer());
            fill(journal, CHECKPOINTS);
            for (int i = 0; i < VIEWS; i++) {
                int volume = i % 3;
                CheckpointId id = new CheckpointId(CHECKPOINTS / 3 + random.nextInt(CHECKPOINTS * 2 / 3));
                VolumeView view =
                        journal.openView(model.spec().volumes().get(volume).id(), id);
                open.add(new Open(view, ByteBuffer.wrap(model.contents(volume, view.position()))));
            }
            assertEquals(VIEWS, journal.statistics().openViews());
            Future<AgeingResult> ageing = threads.submit(() -> age(journal, done));
            List<Future<Integer>> readers = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                Random own = new Random(i);
                readers.add(threads.submit(() -> readAll(journal, open, own)));
            }
            fill(journal, CHECKPOINTS / 2);
            for (Future<Integer> reader : readers) {
                assertEquals(2 * VIEWS, reader.get(120, TimeUnit.SECONDS));
            }
            done.set(true);
            AgeingResult last = ageing.get(60, TimeUnit.SECONDS);
            assertTrue(last.floorPosition() > 0, "what no view needs was folded: " + last);
            long held =
                    open.stream().mapToLong(one -> one.view.position()).min().orElseThrow();
            assertTrue(last.floorPosition() <= held, "what the views need was not: " + last);
            for (Open one : open) {
                one.check(random);
                one.view.close();
            }
            assertEquals(0, journal.statistics().openViews());
            int before = journal.checkpoints().size();
            assertTrue(age(journal, done).checkpointsThinned() > 0, () -> before + " checkpoints were held");
            model.checkAll(journal);
        } finally {
            done.set(true);
            threads.shutdown();
            assertTrue(threads.awaitTermination(60, TimeUnit.SECONDS));
        }
    }

    /** Once more after it is done. */
    private static AgeingResult age(Journal journal, AtomicBoolean done) throws IOException {
        AgeingResult result;
        boolean last;
        do {
            last = done.get();
            Instant newest = journal.newestCheckpoint().orElseThrow().time();
            // Expires what is older than all views, and thins out the rest.
            journal.age(START.plusSeconds(CHECKPOINTS / 3));
            result = journal.age(LIMITS, newest);
        } while (!last);
        return result;
    }

    private static int readAll(Journal journal, List<Open> open, Random random) throws IOException {
        int checked = 0;
        for (int round = 0; round < 2; round++) {
            for (Open one : open) {
                one.check(random);
                checked++;
                long weight = journal.statistics().viewCacheBytes();
                assertTrue(weight <= CONFIG.viewCacheBytes(), () -> "caches of " + weight + " bytes");
            }
        }
        return checked;
    }
}
