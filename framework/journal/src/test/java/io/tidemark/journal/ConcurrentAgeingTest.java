package io.tidemark.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.journal.MemoryFiles.Call;
import io.tidemark.journal.MemoryFiles.Fault;
import io.tidemark.journal.MemoryFiles.Survival;
import io.tidemark.journal.batch.RecordType;
import io.tidemark.spi.id.CheckpointId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** J1, J2, J3, J5, J9: a thread ages while the owner appends, and both are killed, or meet a failing disk, at any moment. */
final class ConcurrentAgeingTest {
    private static final JournalConfig CONFIG = new JournalConfig(64 * 1024, 2, 64 * 1024);
    private static final Path FOLDER = Path.of("/j/1");
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final int KEPT = 6;

    /** One life with two threads, until it ends or the files throw. */
    private static final class Life {
        private final Model model = new Model(Model.spec(150_000, 40_000));
        private final AtomicLong newest = new AtomicLong();
        private final AtomicBoolean done = new AtomicBoolean();
        private volatile long durable;
        private volatile long confirmed;

        void run(MemoryFiles files, int rounds, Random random) throws Exception {
            ExecutorService ager = Executors.newSingleThreadExecutor();
            try (Journal journal = Journal.create(FOLDER, model.spec(), CONFIG, files)) {
                Future<?> ageing = ager.submit(() -> {
                    while (!done.get()) {
                        journal.age(START.plusSeconds(Math.max(0, newest.get() - KEPT)));
                    }
                    return null;
                });
                try {
                    append(journal, rounds, random);
                } catch (JournalFailedException | MemoryFiles.Crashed e) {
                    assertTrue(journal.hasFailed() || e instanceof MemoryFiles.Crashed);
                } finally {
                    done.set(true);
                    try {
                        ageing.get(60, TimeUnit.SECONDS);
                    } catch (ExecutionException e) {
                        assertTrue(e.getCause() instanceof IOException, e.toString());
                    }
                }
            } catch (IOException e) {
                assertTrue(durable == 0 || done.get(), e.toString());
            } finally {
                ager.shutdownNow();
            }
        }

        private void append(Journal journal, int rounds, Random random) throws IOException {
            journal.append(model.marker(RecordType.SYNC_END, 0).buffer());
            for (int i = 1; i <= rounds; i++) {
                journal.append(model.nextBatch(random, 8, 0).buffer());
                durable = journal.sync();
                journal.addCheckpoint(CheckpointRecord.automatic(new CheckpointId(i), durable, START.plusSeconds(i)));
                confirmed = i;
                newest.set(i);
            }
        }

        void verify(MemoryFiles files) throws IOException {
            if (!Journal.exists(FOLDER, files)) {
                assertEquals(0, durable);
                return;
            }
            try (Journal journal = Journal.open(FOLDER, CONFIG, files)) {
                assertTrue(journal.durablePosition() >= durable, "J2");
                for (long id = Math.max(1, confirmed - KEPT); id <= confirmed; id++) {
                    long wanted = id;
                    assertTrue(journal.checkpoint(new CheckpointId(id)).isPresent(), () -> "checkpoint " + wanted);
                }
                model.checkAll(journal);
            }
        }
    }

    @Test
    void ageingBesideTheOwner() {
        Seeds.check(10, random -> {
            MemoryFiles files = new MemoryFiles();
            Life life = new Life();
            life.run(files, 60, random);
            assertEquals(60, life.confirmed);
            life.verify(files);
        });
    }

    @Test
    void killedAtAnyMoment() {
        Seeds.check(250, random -> {
            MemoryFiles files = new MemoryFiles();
            int call = 20 + random.nextInt(500);
            files.setFaults((kind, file) -> kind.changes() && files.changes() >= call ? Fault.CRASH : Fault.NONE);
            Life life = new Life();
            life.run(files, 60, random);
            life.verify(files.afterCrash(random, Survival.RANDOM));
        });
    }

    @Test
    void aFailingDiskStopsBoth() {
        Seeds.check(150, random -> {
            MemoryFiles files = new MemoryFiles();
            int call = 40 + random.nextInt(500);
            Call kindOfCall = random.nextBoolean() ? Call.SYNC : Call.WRITE;
            AtomicBoolean failed = new AtomicBoolean();
            files.setFaults(
                    (kind, file) -> kind == kindOfCall && files.changes() >= call && failed.compareAndSet(false, true)
                            ? Fault.ERROR
                            : Fault.NONE);
            Life life = new Life();
            life.run(files, 60, random);
            files.setFaults((kind, file) -> Fault.NONE);
            life.verify(files);
            life.verify(files.afterCrash(random, Survival.NOTHING));
        });
    }
}
