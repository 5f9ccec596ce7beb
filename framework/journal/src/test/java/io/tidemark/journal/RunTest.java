package io.tidemark.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.journal.batch.RecordType;
import io.tidemark.spi.id.CheckpointId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Merged indexes: used where they are, replaced where they are damaged or gone, never believed where they are wrong (J1). */
final class RunTest {
    private static final JournalConfig CONFIG = new JournalConfig(64 * 1024, 100, 256 * 1024);
    private static final Path FOLDER = Path.of("/j/1");
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final Model model = new Model(Model.spec(300_000, 70_000));

    private MemoryFiles journal(int checkpoints) throws IOException {
        MemoryFiles files = new MemoryFiles();
        Random random = new Random(21);
        try (Journal journal = Journal.create(FOLDER, model.spec(), CONFIG, files)) {
            journal.append(model.marker(RecordType.SYNC_END, 0).buffer());
            for (int i = 1; i <= checkpoints; i++) {
                journal.append(model.nextBatch(random, 6, 0).buffer());
                long durable = journal.sync();
                journal.addCheckpoint(CheckpointRecord.automatic(new CheckpointId(i), durable, START.plusSeconds(i)));
            }
        }
        return files;
    }

    private static List<Path> runs(MemoryFiles files) {
        return files.allFiles().stream()
                .filter(file -> JournalLayout.runName(file).isPresent())
                .toList();
    }

    @Test
    void runsOfSeveralLevelsAreMadeAndRebuilt() throws IOException {
        MemoryFiles files = journal(120);
        List<Path> made = new ArrayList<>(runs(files));
        assertTrue(made.stream().anyMatch(path -> path.toString().contains("run-02-")), made::toString);
        List<byte[]> before = made.stream().map(files::contents).toList();
        for (Path run : made) {
            files.delete(run);
        }
        try (Journal journal = Journal.open(FOLDER, CONFIG, files)) {
            model.checkAll(journal);
        }
        assertEquals(made, runs(files));
        for (int i = 0; i < made.size(); i++) {
            assertEquals(before.get(i).length, files.contents(made.get(i)).length);
        }
    }

    /** Also with some of them gone, which leaves all kinds of covers. */
    @Test
    void damagedRunsAreNotBelieved() throws IOException {
        MemoryFiles good = journal(60);
        List<Path> made = runs(good);
        assertFalse(made.isEmpty());
        Seeds.check(150, random -> {
            MemoryFiles files = good.copy();
            // Nothing is built here, so that what is damaged stays damaged.
            files.setBackground(task -> {});
            for (Path run : made) {
                if (random.nextInt(4) == 0) {
                    files.delete(run);
                } else {
                    byte[] bytes = files.contents(run);
                    for (int i = random.nextInt(3); i > 0; i--) {
                        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
                    }
                    files.put(run, bytes);
                }
            }
            try (Journal journal = Journal.open(FOLDER, CONFIG, files)) {
                for (int i = 0; i < 8; i++) {
                    var volume = model.spec().volumes().get(random.nextInt(2)).id();
                    try (VolumeView view = journal.openView(volume, new CheckpointId(1 + random.nextInt(60)))) {
                        model.check(view);
                        int offset = random.nextInt((int) view.sizeBytes());
                        model.checkRange(view, offset, 1);
                        model.checkRange(view, offset, 1);
                    }
                }
            }
        });
    }

    @Test
    void ageingTakesRunsAway() throws IOException {
        MemoryFiles files = journal(120);
        try (Journal journal = Journal.open(FOLDER, CONFIG, files)) {
            VolumeView held = journal.openView(model.spec().volumes().getFirst().id(), new CheckpointId(100));
            journal.age(START.plusSeconds(100));
            model.check(held);
            held.close();
            journal.age(START.plusSeconds(110));
            long floor = journal.statistics().floorPosition();
            assertTrue(floor > 0);
            model.checkAll(journal);
        }
        try (Journal journal = Journal.open(FOLDER, CONFIG, files)) {
            long first = files.allFiles().stream()
                    .flatMap(file -> JournalLayout.segmentName(file).stream())
                    .mapToLong(JournalLayout.SegmentName::number)
                    .min()
                    .orElseThrow();
            for (Path run : runs(files)) {
                assertTrue(JournalLayout.runName(run).orElseThrow().firstSegment() >= first, run::toString);
            }
            model.checkAll(journal);
        }
    }
}
