package io.tidemark.journal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.journal.batch.RecordType;
import io.tidemark.journal.file.FileStoreFiles;
import io.tidemark.journal.file.StoreFiles;
import io.tidemark.spi.block.ZeroCause;
import io.tidemark.spi.id.CheckpointId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** J1: whatever happens to the journal, at every checkpoint each view is what the naive model says. */
final class JournalHistoryTest {
    private static final JournalConfig CONFIG = new JournalConfig(64 * 1024, 2, 64 * 1024);
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    /** One random life of a journal. */
    private static final class Life {
        private final Random random;
        private final StoreFiles files;
        private final Path folder;
        private final Model model;
        private final List<VolumeView> held = new ArrayList<>();
        private Journal journal;
        private long nextCheckpoint = 1;
        private int scratches;

        Life(Random random, StoreFiles files, Path folder) throws IOException {
            this.random = random;
            this.files = files;
            this.folder = folder;
            this.model = new Model(Model.spec(300_000, 65_536, 4_096 * 3 + 512));
            this.journal = Journal.create(folder, model.spec(), CONFIG, files);
            journal.append(model.marker(RecordType.SYNC_END, 0).buffer());
        }

        void step() throws IOException {
            switch (random.nextInt(14)) {
                case 0, 1, 2, 3, 4 ->
                    journal.append(model.nextBatch(random, 12, 0).buffer());
                case 5, 6, 7 -> addCheckpoint();
                case 8 -> checkSomeCheckpoint();
                case 9 -> holdView();
                case 10 -> {
                    AgeingResult aged = journal.age(START.plusSeconds(Math.max(0, nextCheckpoint - 6)));
                    assertEquals(aged.floorPosition(), journal.statistics().floorPosition());
                }
                case 11 -> pinSome();
                case 12 -> useScratch();
                case 13 -> {
                    if (random.nextInt(3) == 0) {
                        reopen();
                    }
                }
                default -> throw new AssertionError();
            }
        }

        private void addCheckpoint() throws IOException {
            journal.sync();
            // Anywhere between the last one and the durable end, inside batches too.
            long from =
                    journal.newestCheckpoint().map(CheckpointRecord::position).orElse(1L);
            long position = from + random.nextLong(journal.durablePosition() - from + 1);
            journal.addCheckpoint(new CheckpointRecord(
                    new CheckpointId(nextCheckpoint),
                    position,
                    START.plusSeconds(nextCheckpoint),
                    CheckpointRecord.Kind.TAGGED,
                    random.nextInt(3) == 0 ? "before the change №" + nextCheckpoint : "",
                    Pinning.UNPINNED));
            nextCheckpoint++;
        }

        private CheckpointId someCheckpoint() {
            List<CheckpointRecord> all = journal.checkpoints();
            return all.get(random.nextInt(all.size())).id();
        }

        private VolumeView openSome() throws IOException {
            var volume = model.spec().volumes().get(random.nextInt(3)).id();
            return journal.openView(volume, someCheckpoint());
        }

        private void checkSomeCheckpoint() throws IOException {
            if (journal.checkpoints().isEmpty()) {
                return;
            }
            try (VolumeView view = openSome()) {
                model.check(view);
                int offset = random.nextInt((int) view.sizeBytes());
                model.checkRange(view, offset, 1 + random.nextInt((int) view.sizeBytes() - offset));
            }
        }

        private void holdView() throws IOException {
            if (!journal.checkpoints().isEmpty() && held.size() < 4) {
                held.add(openSome());
            } else if (!held.isEmpty()) {
                try (VolumeView view = held.removeFirst()) {
                    model.check(view);
                }
            }
        }

        private void pinSome() throws IOException {
            if (!journal.checkpoints().isEmpty()) {
                CheckpointId id = someCheckpoint();
                Pinning pinning = random.nextInt(3) == 0 ? Pinning.PINNED : Pinning.UNPINNED;
                journal.setPinning(id, pinning);
                assertEquals(pinning, journal.checkpoint(id).orElseThrow().pinning());
            }
        }

        private void useScratch() throws IOException {
            if (journal.checkpoints().isEmpty()) {
                return;
            }
            Path file = folder.resolveSibling(folder.getFileName() + "-scratch-" + scratches++);
            try (VolumeView view = openSome()) {
                byte[] expected = model.contents(model.spec().indexOf(view.volume()), view.position());
                for (int round = 0; round < 3; round++) {
                    try (Scratch scratch = journal.openScratch(view, file)) {
                        assertArrayEquals(expected, contents(scratch));
                        for (int i = 0; i < 8; i++) {
                            changeScratch(scratch, expected);
                        }
                        assertArrayEquals(expected, contents(scratch));
                        scratch.flush();
                    }
                }
                model.check(view);
            }
        }

        private void changeScratch(Scratch scratch, byte[] expected) throws IOException {
            int unit = random.nextBoolean() ? 4096 : 1;
            int offset = random.nextInt(expected.length / unit) * unit;
            int length = 1 + random.nextInt(Math.min(20_000, expected.length - offset));
            if (random.nextInt(3) == 0) {
                scratch.writeZeroes(offset, length, ZeroCause.TRIM);
                Arrays.fill(expected, offset, offset + length, (byte) 0);
            } else {
                byte[] data = new byte[length];
                random.nextBytes(data);
                scratch.write(offset, ByteBuffer.wrap(data));
                System.arraycopy(data, 0, expected, offset, length);
            }
        }

        private static byte[] contents(Scratch scratch) throws IOException {
            ByteBuffer bytes = ByteBuffer.allocate((int) scratch.sizeBytes());
            scratch.read(0, bytes);
            return bytes.array();
        }

        private void reopen() throws IOException {
            held.forEach(VolumeView::close);
            held.clear();
            if (random.nextBoolean()) {
                journal.sync();
            }
            long appended = journal.appendedPosition();
            List<CheckpointRecord> listed = List.copyOf(journal.checkpoints());
            journal.close();
            journal = Journal.open(folder, CONFIG, files);
            assertEquals(appended, journal.durablePosition());
            assertEquals(listed, journal.checkpoints());
        }

        void end() throws IOException {
            journal.sync();
            model.checkAll(journal);
            for (VolumeView view : held) {
                model.check(view);
                view.close();
            }
            assertEquals(0, journal.statistics().openViews());
            journal.close();
        }
    }

    @Test
    void everyViewEqualsTheModel() {
        Seeds.check(25, random -> {
            Life life = new Life(random, new MemoryFiles(), Path.of("/journals/one"));
            for (int i = 0; i < 120; i++) {
                life.step();
            }
            life.end();
        });
    }

    @Test
    void everyViewEqualsTheModelOnRealFiles(@TempDir Path folder) {
        Seeds.check(2, random -> {
            Life life = new Life(random, new FileStoreFiles(), folder.resolve("j" + random.nextInt()));
            for (int i = 0; i < 120; i++) {
                life.step();
            }
            life.end();
        });
    }

    /** J1, J3: in the end all but the newest checkpoint is folded away, and it still shows the same. */
    @Test
    void ageingKeepsTheNewestCheckpointAndGivesSpaceBack() throws IOException {
        Random random = new Random(7);
        MemoryFiles files = new MemoryFiles();
        Model model = new Model(Model.spec(400_000, 100_000));
        try (Journal journal = Journal.create(Path.of("/j/1"), model.spec(), CONFIG, files)) {
            journal.append(model.marker(RecordType.SYNC_END, 0).buffer());
            for (int i = 1; i <= 60; i++) {
                journal.append(model.nextBatch(random, 8, 0).buffer());
                long durable = journal.sync();
                journal.addCheckpoint(CheckpointRecord.automatic(new CheckpointId(i), durable, START.plusSeconds(i)));
            }
            long before = journal.statistics().segmentBytes();
            AgeingResult result = journal.age(START.plusSeconds(1_000));
            assertEquals(59, result.checkpointsExpired());
            while (result.moreToFold() > 0) {
                result = journal.age(START.plusSeconds(1_000));
            }
            assertEquals(1, journal.checkpoints().size());
            assertTrue(journal.statistics().segmentBytes() < before / 3, "segments were deleted");
            assertTrue(journal.statistics().baseBytes() > 0);
            model.checkAll(journal);
        }
    }
}
