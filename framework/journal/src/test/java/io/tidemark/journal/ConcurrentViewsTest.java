package io.tidemark.journal;

import io.tidemark.journal.batch.RecordType;
import io.tidemark.journal.file.FileStoreFiles;
import io.tidemark.spi.id.CheckpointId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
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

/** J1 while the owner appends, seals and ages: views that other threads open and read never show anything else. */
final class ConcurrentViewsTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final int READERS = 3;

    @Test
    void readersSeeTheirCheckpointWhileTheOwnerWorks(@TempDir Path folder) throws Exception {
        Model model = new Model(Model.spec(200_000));
        JournalConfig config = new JournalConfig(64 * 1024, 2, 64 * 1024);
        ConcurrentHashMap<CheckpointId, byte[]> expected = new ConcurrentHashMap<>();
        AtomicBoolean done = new AtomicBoolean();
        ExecutorService readers = Executors.newFixedThreadPool(READERS);
        try (Journal journal = Journal.create(folder.resolve("j"), model.spec(), config, new FileStoreFiles())) {
            List<Future<Integer>> results = new ArrayList<>();
            for (int i = 0; i < READERS; i++) {
                Random random = new Random(i);
                results.add(readers.submit(() -> read(journal, expected, done, random)));
            }
            try {
                append(journal, model, expected);
            } finally {
                done.set(true);
            }
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

    private static void append(Journal journal, Model model, ConcurrentHashMap<CheckpointId, byte[]> expected)
            throws IOException {
        Random random = new Random(9);
        journal.append(model.marker(RecordType.SYNC_END, 0).buffer());
        for (int i = 1; i <= 150; i++) {
            journal.append(model.nextBatch(random, 4, 0).buffer());
            long durable = journal.sync();
            CheckpointId id = new CheckpointId(i);
            expected.put(id, model.contents(0, durable));
            journal.addCheckpoint(CheckpointRecord.automatic(id, durable, START.plusSeconds(i)));
            if (i % 5 == 0) {
                journal.age(START.plusSeconds(i - 10L));
            }
        }
    }

    private static int read(
            Journal journal, ConcurrentHashMap<CheckpointId, byte[]> expected, AtomicBoolean done, Random random)
            throws IOException {
        int checked = 0;
        while (!done.get()) {
            List<CheckpointRecord> all = journal.checkpoints();
            if (all.isEmpty()) {
                Thread.onSpinWait();
                continue;
            }
            CheckpointId id = all.get(random.nextInt(all.size())).id();
            try (VolumeView view =
                    journal.openView(journal.spec().volumes().getFirst().id(), id)) {
                ByteBuffer actual = ByteBuffer.allocate((int) view.sizeBytes());
                view.read(0, actual);
                if (!Arrays.equals(expected.get(id), actual.array())) {
                    throw new AssertionError("J1: checkpoint " + id + " is wrong");
                }
                checked++;
            } catch (JournalRefusedException e) {
                if (e.reason() != JournalRefusedException.Reason.NO_SUCH_CHECKPOINT) {
                    throw e;
                }
                // It aged out between the listing and the opening.
            }
        }
        return checked;
    }
}
