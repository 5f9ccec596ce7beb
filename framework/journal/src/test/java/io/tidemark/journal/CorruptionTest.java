package io.tidemark.journal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.tidemark.journal.batch.RecordType;
import io.tidemark.spi.id.CheckpointId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Damage to any byte of any file of ours is refused or found on reading: never a wrong byte. */
final class CorruptionTest {
    private static final JournalConfig CONFIG = new JournalConfig(64 * 1024, 1, 64 * 1024);
    private static final Path FOLDER = Path.of("/j/1");
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final int CHECKPOINTS = 12;

    private final Model model = new Model(Model.spec(200_000, 66_000));
    private final MemoryFiles files = journal();

    /** Four segments, a base image with something in it, a checkpoint at the very end. */
    private MemoryFiles journal() {
        MemoryFiles made = new MemoryFiles();
        Random random = new Random(11);
        try (Journal journal = Journal.create(FOLDER, model.spec(), CONFIG, made)) {
            journal.append(model.marker(RecordType.SYNC_END, 0).buffer());
            for (int i = 1; i <= CHECKPOINTS; i++) {
                journal.append(model.nextBatch(random, 6, 0).buffer());
                long durable = journal.sync();
                journal.addCheckpoint(CheckpointRecord.automatic(new CheckpointId(i), durable, START.plusSeconds(i)));
            }
            journal.age(START.plusSeconds(8));
            assertTrue(journal.statistics().segments() >= 3, () -> journal.statistics()
                    .toString());
            assertTrue(journal.statistics().baseBytes() > 0);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return made.copy();
    }

    private enum Outcome {
        REFUSED,
        FOUND_ON_READING,
        HARMLESS
    }

    private Outcome flip(Path file, int at, int bit) {
        MemoryFiles damaged = files.copy();
        byte[] bytes = damaged.contents(file);
        bytes[at] ^= (byte) (1 << bit);
        damaged.put(file, bytes);
        try (Journal journal = Journal.open(FOLDER, CONFIG, damaged)) {
            assertTrue(
                    journal.newestCheckpoint().orElseThrow().id().value() >= CHECKPOINTS - 1,
                    "at most the last entry of a log can be taken for torn");
            try {
                model.checkAll(journal);
                return Outcome.HARMLESS;
            } catch (JournalCorruptException e) {
                return Outcome.FOUND_ON_READING;
            }
        } catch (JournalCorruptException e) {
            assertTrue(String.valueOf(e.getMessage()).contains("/j/1"), "the message says where: " + e.getMessage());
            return Outcome.REFUSED;
        } catch (IOException e) {
            return fail(e);
        }
    }

    @Test
    void noFlippedBitGivesAWrongByte() {
        Random random = new Random(12);
        int[] counts = new int[3];
        for (Path file : files.allFiles()) {
            String name = String.valueOf(file.getFileName());
            if (name.equals("lock") || name.startsWith("spare")) {
                continue;
            }
            int length = files.contents(file).length;
            // Everything that is dense with meaning, and a sample of the rest.
            for (int at = 0; at < length; at += at < 300 || length < 1000 ? 1 : 1 + random.nextInt(500)) {
                try {
                    switch (flip(file, at, random.nextInt(8))) {
                        case REFUSED -> counts[0]++;
                        case FOUND_ON_READING -> counts[1]++;
                        case HARMLESS -> counts[2]++;
                    }
                } catch (RuntimeException | AssertionError e) {
                    throw new AssertionError("byte " + at + " of " + file + ": " + e.getMessage(), e);
                }
            }
        }
        assertTrue(counts[0] > 100 && counts[1] > 100, "damage was found both ways");
    }

    /** J2: what was durable and is damaged is refused; nothing is cut. */
    @Test
    void damageBelowTheDurablePositionIsRefusedAndNothingIsCut() {
        Path last = segments().getLast();
        byte[] bytes = files.contents(last);
        bytes[SegmentHeader.BYTES + 200] ^= 1;
        MemoryFiles damaged = files.copy();
        damaged.put(last, bytes);
        JournalCorruptException refused =
                assertThrows(JournalCorruptException.class, () -> Journal.open(FOLDER, CONFIG, damaged));
        assertTrue(String.valueOf(refused.getMessage()).contains("offset " + SegmentHeader.BYTES));
        assertArrayEquals(bytes, damaged.contents(last));
    }

    @Test
    void aMissingSegmentIsRefused() {
        for (Path missing : segments()) {
            MemoryFiles damaged = files.copy();
            try {
                damaged.delete(missing);
            } catch (IOException e) {
                fail(e);
            }
            assertThrows(JournalCorruptException.class, () -> Journal.open(FOLDER, CONFIG, damaged), missing::toString);
        }
    }

    /** A file of another journal of the same VM, under the right name, is not taken for ours. */
    @Test
    void anotherJournalsFilesAreRefused() throws IOException {
        MemoryFiles others = new MemoryFiles();
        Journal.create(FOLDER, model.spec(), CONFIG, others).close();
        for (String name : List.of("base-0000.map", "checkpoints.tml", "segment-0000000000000001.tms")) {
            MemoryFiles mixed = others.copy();
            Path own = name.startsWith("segment") ? segments().getLast() : FOLDER.resolve(name);
            mixed.put(FOLDER.resolve(name), files.contents(own));
            assertThrows(JournalCorruptException.class, () -> Journal.open(FOLDER, CONFIG, mixed), name);
        }
    }

    /** A read error is an error, not damage: nothing is cut because of it. */
    @Test
    void readErrorsArePassedOn() throws IOException {
        try (Journal journal = Journal.open(FOLDER, CONFIG, files);
                VolumeView view =
                        journal.openLatest(model.spec().volumes().getFirst().id())) {
            files.setFaults(
                    (call, file) -> call == MemoryFiles.Call.READ ? MemoryFiles.Fault.ERROR : MemoryFiles.Fault.NONE);
            assertThrows(IOException.class, () -> model.check(view));
            files.setFaults((call, file) -> MemoryFiles.Fault.NONE);
            model.check(view);
        }
        files.setFaults(
                (call, file) -> call == MemoryFiles.Call.READ ? MemoryFiles.Fault.ERROR : MemoryFiles.Fault.NONE);
        assertThrows(IOException.class, () -> Journal.open(FOLDER, CONFIG, files));
        files.setFaults((call, file) -> MemoryFiles.Fault.NONE);
        try (Journal journal = Journal.open(FOLDER, CONFIG, files)) {
            model.checkAll(journal);
        }
    }

    private List<Path> segments() {
        return new ArrayList<>(files.allFiles().stream()
                .filter(file -> String.valueOf(file.getFileName()).startsWith("segment"))
                .toList());
    }
}
