package io.tidemark.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
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
import org.junit.jupiter.api.Test;

/** J2, J4, J9, J10 between the begin and the end of a sync. */
final class SyncApartTest {
    private static final JournalConfig CONFIG = new JournalConfig(64 << 10, 2, 64 << 10);
    private static final Path FOLDER = Path.of("/j/1");
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final int ROUNDS = 12;

    /** Appends, begins, appends more, and ends, round after round. */
    private static final class Life {
        private final Model model = new Model(Model.spec(100_000));
        private final Random random;
        private long durable;

        Life(long seed) {
            this.random = new Random(seed);
        }

        void run(MemoryFiles files, boolean slow) throws IOException {
            if (slow) {
                files.setSlowWrites(new Random(5));
            }
            Journal journal = Journal.create(FOLDER, model.spec(), CONFIG, files);
            try {
                journal.append(model.marker(RecordType.SYNC_END, 0).buffer());
                for (int i = 1; i <= ROUNDS; i++) {
                    round(journal, i);
                }
            } catch (IOException e) {
                if (!files.isDead()) {
                    verifyFailed(journal);
                }
                throw e;
            } finally {
                if (!files.isDead()) {
                    files.setFaults((call, file) -> Fault.NONE);
                    journal.close();
                }
            }
        }

        private void round(Journal journal, int round) throws IOException {
            journal.append(model.nextBatch(random, 4, 0).buffer());
            long begun = journal.appendedPosition();
            long before = journal.durablePosition();
            journal.startSync();
            assertEquals(before, journal.durablePosition(), "J4: it has only begun");
            journal.append(model.nextBatch(random, 4, 0).buffer());
            // More than a segment at times: a segment ends while its sync is begun.
            if (round % 4 == 0) {
                byte[] data = new byte[70_000];
                random.nextBytes(data);
                journal.append(model.write(0, 0, data, 0).buffer());
            }
            CheckpointRecord early = CheckpointRecord.automatic(
                    new CheckpointId(round), journal.appendedPosition(), START.plusSeconds(round));
            assertThrows(JournalRefusedException.class, () -> journal.addCheckpoint(early), "J5");
            if (round % 5 == 0) {
                journal.startSync();
                assertTrue(journal.durablePosition() >= begun, "beginning the next ends the one before");
            }
            if (round % 3 == 0) {
                journal.age(START.plusSeconds(round - 2));
            }
            durable = journal.finishSync();
            assertEquals(durable, journal.durablePosition());
            assertTrue(durable >= begun && durable <= journal.appendedPosition(), "J10");
            journal.addCheckpoint(
                    CheckpointRecord.automatic(new CheckpointId(round), durable, START.plusSeconds(round)));
            assertEquals(durable, journal.finishSync(), "there is nothing to wait for");
        }

        private void verifyFailed(Journal journal) throws IOException {
            long before = journal.durablePosition();
            durable = Math.max(durable, before);
            assertThrows(JournalFailedException.class, journal::startSync);
            assertThrows(JournalFailedException.class, journal::finishSync);
            assertThrows(JournalFailedException.class, journal::sync);
            assertThrows(
                    JournalFailedException.class,
                    () -> journal.append(model.batches().getLast().buffer()));
            assertEquals(before, journal.durablePosition(), "J4: nothing becomes durable after a failed fsync (J9)");
            model.checkAll(journal);
        }

        void verify(MemoryFiles files) throws IOException {
            if (!Journal.exists(FOLDER, files)) {
                assertEquals(0, durable);
                return;
            }
            try (Journal journal = Journal.open(FOLDER, CONFIG, files)) {
                assertTrue(journal.durablePosition() >= durable, () -> "J2: " + durable + " was durable");
                assertTrue(journal.durablePosition() <= model.end(), "J2");
                model.checkAll(journal);
                for (Model.Built batch : model.batches()) {
                    if (batch.endPosition() > journal.appendedPosition()) {
                        journal.append(batch.buffer());
                    }
                }
                assertEquals(model.end(), journal.sync());
                model.checkAll(journal);
            }
        }
    }

    private static MemoryFiles.Faults at(MemoryFiles files, int call, Fault fault) {
        return (kind, file) -> {
            boolean now = kind.changes() && files.changes() == (kind == Call.WRITE ? call - 1 : call);
            return now && (fault != Fault.HALF || kind == Call.WRITE) ? fault : Fault.NONE;
        };
    }

    private static int calls(boolean slow) throws IOException {
        MemoryFiles files = new MemoryFiles();
        Life life = new Life(1);
        life.run(files, slow);
        life.verify(files.copy());
        return files.changes();
    }

    private static void everywhere(Fault fault, boolean slow) throws IOException {
        int calls = calls(slow);
        assertTrue(calls > 100, () -> "calls: " + calls);
        for (int call = 1; call <= calls; call++) {
            MemoryFiles files = new MemoryFiles();
            files.setFaults(at(files, call, fault));
            Life life = new Life(1);
            try {
                try {
                    life.run(files, slow);
                } catch (MemoryFiles.Crashed | JournalFailedException e) {
                    assertTrue(files.changes() >= call - 1, e::toString);
                } catch (IOException e) {
                    assertEquals(0, life.durable, "only while the journal is made: " + e);
                }
                files.setFaults((kind, file) -> Fault.NONE);
                Survival survival = call % 2 == 0 ? Survival.NOTHING : Survival.RANDOM;
                life.verify(files.afterCrash(new Random(call), survival));
                if (fault != Fault.CRASH) {
                    life.verify(files);
                }
            } catch (AssertionError e) {
                throw new AssertionError("call " + call + " of " + calls + ": " + e.getMessage(), e);
            }
        }
    }

    @Test
    void killedAnywhere() throws IOException {
        everywhere(Fault.CRASH, false);
        everywhere(Fault.CRASH, true);
    }

    @Test
    void anyCallFails() throws IOException {
        everywhere(Fault.ERROR, false);
        everywhere(Fault.ERROR, true);
    }

    @Test
    void anyWriteStopsHalfway() throws IOException {
        everywhere(Fault.HALF, true);
    }

    /** A stop between begin and end loses nothing that was acknowledged, and may keep more. */
    @Test
    void closedWhileASyncIsBegun() throws IOException {
        MemoryFiles files = new MemoryFiles();
        Model model = new Model(Model.spec(100_000));
        Journal journal = Journal.create(FOLDER, model.spec(), CONFIG, files);
        journal.append(model.marker(RecordType.SYNC_END, 0).buffer());
        long durable = journal.sync();
        journal.append(model.nextBatch(new Random(1), 4, 0).buffer());
        journal.startSync();
        journal.append(model.nextBatch(new Random(2), 4, 0).buffer());
        assertEquals(durable, journal.durablePosition());
        journal.close();
        try (Journal again = Journal.open(FOLDER, CONFIG, files)) {
            assertEquals(model.end(), again.durablePosition());
            model.checkAll(again);
        }
        try (Journal again = Journal.open(FOLDER, CONFIG, files.afterCrash(new Random(3), Survival.NOTHING))) {
            assertTrue(again.durablePosition() >= durable);
            model.checkAll(again);
        }
    }

    /** J9, and no thread is left waiting: the disk fails under a sync that was begun, and the owner stops. */
    @Test
    void closedAfterASyncThatWasBegunFailed() throws IOException {
        MemoryFiles files = new MemoryFiles();
        Model model = new Model(Model.spec(100_000));
        Journal journal = Journal.create(FOLDER, model.spec(), CONFIG, files);
        journal.append(model.marker(RecordType.SYNC_END, 0).buffer());
        long durable = journal.sync();
        journal.append(model.nextBatch(new Random(1), 4, 0).buffer());
        journal.startSync();
        files.setFaults((kind, file) -> kind == Call.SYNC ? Fault.ERROR : Fault.NONE);
        journal.close();
        files.setFaults((kind, file) -> Fault.NONE);
        assertEquals(durable, journal.durablePosition());
        try (Journal again = Journal.open(FOLDER, CONFIG, files)) {
            long recovered = again.durablePosition();
            try (Journal lost = Journal.open(FOLDER, CONFIG, files.afterCrash(new Random(3), Survival.NOTHING))) {
                assertEquals(recovered, lost.durablePosition(), "J9: what is called durable is");
                model.checkAll(lost);
            }
        }
    }
}
