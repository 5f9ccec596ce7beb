package io.tidemark.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.tidemark.journal.batch.RecordType;
import io.tidemark.spi.id.CheckpointId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A scrub finds damage, names its place, and takes exactly the checkpoints out of the list that cannot be read any more. */
final class ScrubTest {
    private static final JournalConfig CONFIG = new JournalConfig(64 * 1024, 1, 64 * 1024);
    private static final Path FOLDER = Path.of("/j/1");
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final int CHECKPOINTS = 40;
    /** More than opening the journal and making all marks takes. */
    private static final int MARKING_CALLS = 24;

    private final Model model = new Model(Model.spec(150_000, 66_000));
    private final MemoryFiles files = journal();

    private MemoryFiles journal() {
        MemoryFiles made = new MemoryFiles();
        Random random = new Random(31);
        try (Journal journal = Journal.create(FOLDER, model.spec(), CONFIG, made)) {
            journal.append(model.marker(RecordType.SYNC_END, 0).buffer());
            for (int i = 1; i <= CHECKPOINTS; i++) {
                journal.append(model.nextBatch(random, 6, 0).buffer());
                long durable = journal.sync();
                journal.addCheckpoint(CheckpointRecord.automatic(new CheckpointId(i), durable, START.plusSeconds(i)));
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return made.copy();
    }

    /** Whether a checkpoint can be read from end to end. */
    private boolean readable(Journal journal, long id) {
        for (JournalVolume volume : model.spec().volumes()) {
            try (VolumeView view = journal.openView(volume.id(), new CheckpointId(id))) {
                view.read(0, ByteBuffer.allocate((int) view.sizeBytes()));
            } catch (JournalCorruptException e) {
                return false;
            } catch (IOException e) {
                return fail(e);
            }
        }
        return true;
    }

    @Test
    void nothingIsFoundWhereNothingIsWrong() throws IOException {
        try (Journal journal = Journal.open(FOLDER, CONFIG, files)) {
            ScrubReport report = journal.scrub();
            assertEquals(List.of(), report.damages());
            assertEquals(0, report.unselectableCheckpoints());
            assertTrue(report.bytesRead() > 200_000);
            assertEquals(CHECKPOINTS, journal.checkpoints().size());
        }
    }

    @Test
    void damageIsFoundAndItsCheckpointsAreMarkedDurably() {
        List<Path> segments = files.allFiles().stream()
                .filter(file -> JournalLayout.segmentName(file).isPresent())
                .toList();
        int[] found = new int[2];
        Seeds.check(60, random -> {
            MemoryFiles damaged = files.copy();
            Path segment = segments.get(random.nextInt(segments.size() - 1));
            byte[] good = damaged.contents(segment);
            byte[] bytes = good.clone();
            int at = SegmentHeader.BYTES + random.nextInt(bytes.length - SegmentHeader.BYTES);
            bytes[at] ^= (byte) (1 << random.nextInt(8));
            damaged.put(segment, bytes);
            List<CheckpointRecord> left;
            try (Journal journal = Journal.open(FOLDER, CONFIG, damaged)) {
                boolean[] expected = new boolean[CHECKPOINTS + 1];
                for (int id = 1; id <= CHECKPOINTS; id++) {
                    expected[id] = readable(journal, id);
                }
                ScrubReport report = journal.scrub();
                left = journal.checkpoints();
                for (CheckpointRecord checkpoint : left) {
                    assertTrue(expected[(int) checkpoint.id().value()], () -> checkpoint + " cannot be read");
                }
                assertEquals(CHECKPOINTS - left.size(), report.unselectableCheckpoints());
                for (CheckpointRecord gone : journal.damagedCheckpoints()) {
                    JournalRefusedException refused = assertThrows(
                            JournalRefusedException.class,
                            () -> journal.openView(
                                    model.spec().volumes().getFirst().id(), gone.id()));
                    assertEquals(JournalRefusedException.Reason.DAMAGED, refused.reason());
                    found[expected[(int) gone.id().value()] ? 1 : 0]++;
                }
                for (JournalDamage damage : report.damages()) {
                    assertEquals(segment, damage.file());
                }
                left = List.copyOf(left);
            }
            try (Journal journal = Journal.open(FOLDER, CONFIG, damaged)) {
                assertEquals(left, journal.checkpoints());
            }
            damaged.put(segment, good);
            try (Journal journal = Journal.open(FOLDER, CONFIG, damaged)) {
                assertEquals(0, journal.scrub().unselectableCheckpoints());
                assertEquals(CHECKPOINTS, journal.checkpoints().size());
                model.checkAll(journal);
            }
        });
        assertTrue(found[0] > 50, "damage took checkpoints away");
        assertFalse(found[1] > found[0], "marks are no wider than the batch that is damaged: " + found[1]);
    }

    /** The block of a base image that is damaged takes the checkpoints that still show it. */
    @Test
    void damageOfABaseImageIsFound() {
        MemoryFiles aged = files.copy();
        try (Journal journal = Journal.open(FOLDER, new JournalConfig(64 * 1024, 100, 64 * 1024), aged)) {
            journal.age(START.plusSeconds(CHECKPOINTS / 2));
            assertTrue(journal.statistics().baseBytes() > 100_000);
            assertEquals(List.of(), journal.scrub().damages());
        } catch (IOException e) {
            fail(e);
        }
        Path image = FOLDER.resolve("base-0000.img");
        Seeds.check(40, random -> {
            MemoryFiles damaged = aged.copy();
            byte[] bytes = damaged.contents(image);
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            damaged.put(image, bytes);
            try (Journal journal = Journal.open(FOLDER, CONFIG, damaged)) {
                List<CheckpointRecord> all = List.copyOf(journal.checkpoints());
                ScrubReport report = journal.scrub();
                assertEquals(1, report.damages().size());
                assertEquals(image, report.damages().getFirst().file());
                for (CheckpointRecord checkpoint : all) {
                    boolean listed = journal.checkpoints().contains(checkpoint);
                    assertTrue(!listed || readable(journal, checkpoint.id().value()), checkpoint::toString);
                }
            }
        });
    }

    private static final class Killed {
        private final MemoryFiles files;
        private final int calls;

        Killed(MemoryFiles files, int calls) {
            this.files = files;
            this.calls = calls;
        }

        /** Opens and scrubs until a call that changes something fails or kills. @return whether the scrub came to its end */
        boolean scrub(MemoryFiles.Fault fault) throws IOException {
            files.setFaults((call, file) ->
                    call.changes() && files.changes() == (call == MemoryFiles.Call.WRITE ? calls - 1 : calls)
                            ? fault
                            : MemoryFiles.Fault.NONE);
            try (Journal journal = Journal.open(FOLDER, CONFIG, files)) {
                journal.scrub();
                return true;
            } catch (MemoryFiles.Crashed | JournalFailedException e) {
                return false;
            } catch (IOException e) {
                assertTrue(String.valueOf(e.getMessage()).contains("injected"), e::toString);
                return false;
            } finally {
                files.setFaults((call, file) -> MemoryFiles.Fault.NONE);
            }
        }
    }

    private static List<CheckpointRecord> scrubbed(MemoryFiles store) throws IOException {
        try (Journal journal = Journal.open(FOLDER, CONFIG, store)) {
            journal.scrub();
            return List.copyOf(journal.damagedCheckpoints());
        }
    }

    /**
     * J8: killed, or failed, at each call while marks are made, and while they are taken away: those that are there are right, a scrub that ended has
     * left all of them, and the next one ends what was begun.
     */
    @Test
    void marksSurviveACrashAtEachStep() throws IOException {
        List<Path> segments = files.allFiles().stream()
                .filter(file -> JournalLayout.segmentName(file).isPresent())
                .toList();
        MemoryFiles damaged = files.copy();
        for (Path segment : segments.subList(1, 6)) {
            damaged.flip(segment, SegmentHeader.BYTES + 3_000);
        }
        List<CheckpointRecord> marks = scrubbed(damaged.copy());
        assertTrue(marks.size() > 4, () -> marks.size() + " marks");
        MemoryFiles marked = damaged.copy();
        assertEquals(marks, scrubbed(marked));
        for (Path segment : segments.subList(1, 6)) {
            marked.flip(segment, SegmentHeader.BYTES + 3_000);
        }
        int unfinished = 0;
        for (MemoryFiles.Fault fault :
                List.of(MemoryFiles.Fault.CRASH, MemoryFiles.Fault.ERROR, MemoryFiles.Fault.HALF)) {
            for (int call = 1; call <= MARKING_CALLS; call++) {
                MemoryFiles.Survival survival =
                        call % 2 == 0 ? MemoryFiles.Survival.NOTHING : MemoryFiles.Survival.RANDOM;
                unfinished += crashWhileMarking(damaged, call, fault, survival, marks) ? 0 : 1;
                unfinished += crashWhileMarking(marked, call, fault, survival, List.of()) ? 0 : 1;
            }
        }
        int seen = unfinished;
        assertTrue(
                new Killed(damaged.copy(), MARKING_CALLS).scrub(MemoryFiles.Fault.CRASH), "that many calls are enough");
        assertTrue(seen > 30, () -> seen + " scrubs were cut off");
    }

    private boolean crashWhileMarking(
            MemoryFiles store,
            int call,
            MemoryFiles.Fault fault,
            MemoryFiles.Survival survival,
            List<CheckpointRecord> wanted)
            throws IOException {
        MemoryFiles copy = store.copy();
        List<CheckpointRecord> before;
        try (Journal journal = Journal.open(FOLDER, CONFIG, store.copy())) {
            before = List.copyOf(journal.damagedCheckpoints());
        }
        boolean ended = new Killed(copy, call).scrub(fault);
        MemoryFiles left = copy.afterCrash(new Random(call), survival);
        try (Journal journal = Journal.open(FOLDER, CONFIG, left)) {
            List<CheckpointRecord> now = journal.damagedCheckpoints();
            if (ended) {
                assertEquals(wanted, now, "a scrub that ended left its marks durably");
            }
            for (CheckpointRecord mark : now) {
                assertTrue(wanted.contains(mark) || before.contains(mark), () -> mark + " is marked");
            }
            assertEquals(CHECKPOINTS, now.size() + journal.checkpoints().size(), "marks lose no checkpoint");
            for (CheckpointRecord each : journal.checkpoints()) {
                assertTrue(wanted.contains(each) || readable(journal, each.id().value()), each::toString);
            }
        }
        assertEquals(wanted, scrubbed(left), "the next scrub ends it");
        return ended;
    }
}
