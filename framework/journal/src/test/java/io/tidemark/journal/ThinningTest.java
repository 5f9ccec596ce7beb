package io.tidemark.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.journal.batch.RecordType;
import io.tidemark.journal.file.FileStoreFiles;
import io.tidemark.spi.id.CheckpointId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** J1, J8: what is kept is read as it was, what is thinned out is gone, and its room is given back. */
final class ThinningTest {
    static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final Path FOLDER = Path.of("/j/1");
    static final Thinning TIERS = new Thinning(List.of(
            new Thinning.Tier(Duration.ofSeconds(8), Duration.ofSeconds(8)),
            new Thinning.Tier(Duration.ofSeconds(40), Duration.ofSeconds(32))));

    static HistoryLimits limits(Duration history) {
        return new HistoryLimits(history, Long.MAX_VALUE, HistoryLimits.WhenFull.SHORTEN, TIERS);
    }

    @Test
    void everyKeptCheckpointEqualsTheModel() {
        long[] seen = new long[3];
        Seeds.check(40, random -> {
            ThinningLife life = new ThinningLife(random, new MemoryFiles(), FOLDER);
            for (int i = 0; i < 220; i++) {
                life.step();
            }
            life.end();
            seen[0] += life.thinnedBytes;
            seen[1] += life.thinnedCheckpoints;
            seen[2] += life.folded;
        });
        if (Long.getLong("tidemark.seed") == null) {
            assertTrue(
                    seen[0] > 1_000_000 && seen[1] > 500 && seen[2] > 20,
                    () -> "too little happened: " + seen[0] + " bytes, " + seen[1] + " checkpoints thinned, " + seen[2]
                            + " segments folded");
        }
    }

    @Test
    void everyKeptCheckpointEqualsTheModelOnRealFiles(@TempDir Path folder) {
        Seeds.check(3, random -> {
            ThinningLife life = new ThinningLife(random, new FileStoreFiles(), folder.resolve("j" + random.nextInt()));
            for (int i = 0; i < 200; i++) {
                life.step();
            }
            life.end();
        });
    }

    /** A journal in which the same places are written again and again, with a checkpoint after each time. */
    private static void overwritten(Journal journal, Model model, int checkpoints) throws IOException {
        journal.append(model.marker(RecordType.SYNC_END, 0).buffer());
        overwriteMore(journal, model, 1, checkpoints);
    }

    private static void overwriteMore(Journal journal, Model model, int first, int last) throws IOException {
        Random random = new Random(5);
        for (int i = first; i <= last; i++) {
            byte[] data = new byte[60_000];
            random.nextBytes(data);
            journal.append(model.write(0, 0, data, 0).buffer());
            long durable = journal.sync();
            journal.addCheckpoint(CheckpointRecord.automatic(new CheckpointId(i), durable, START.plusSeconds(i)));
        }
    }

    @Test
    void hotDataGivesNearlyAllOfItsRoomBack() throws IOException {
        JournalConfig config = new JournalConfig(512 << 10, 4, 64 << 10);
        Model model = new Model(Model.spec(100_000));
        try (Journal journal = Journal.create(FOLDER, model.spec(), config, new MemoryFiles())) {
            overwritten(journal, model, 400);
            long before = journal.space().segmentBytes();
            AgeingResult result;
            int calls = 0;
            do {
                result = journal.age(limits(Duration.ofDays(1)), START.plusSeconds(1000));
                calls++;
            } while (result.moreToThin());
            assertTrue(calls > 5, "each call does a bounded part");
            long after = journal.space().segmentBytes();
            assertTrue(after < before / 5, () -> before + " bytes before, " + after + " after");
            assertEquals(14, journal.checkpoints().size());
            model.checkAll(journal);
            assertEquals(List.of(), journal.scrub().damages());
        }
    }

    /** A view that is open keeps all that it shows, though its checkpoint lies between two that are kept. */
    @Test
    void anOpenViewIsKept() throws IOException {
        JournalConfig config = new JournalConfig(256 << 10, 100, 64 << 10);
        Model model = new Model(Model.spec(100_000));
        try (Journal journal = Journal.create(FOLDER, model.spec(), config, new MemoryFiles())) {
            overwritten(journal, model, 100);
            var disk = model.spec().volumes().getFirst().id();
            VolumeView view = journal.openView(disk, new CheckpointId(37));
            VolumeView latest = journal.openLatest(disk);
            assertTrue(journal.age(limits(Duration.ofDays(1)), START.plusSeconds(200))
                            .bytesThinned()
                    > 1_000_000);
            assertTrue(journal.checkpoint(new CheckpointId(37)).isPresent());
            model.check(view);
            model.check(latest);
            view.close();
            latest.close();
            AgeingResult result = journal.age(limits(Duration.ofDays(1)), START.plusSeconds(200));
            assertEquals(1, result.checkpointsThinned());
            assertTrue(result.bytesThinned() > 50_000, result::toString);
            assertFalse(journal.checkpoint(new CheckpointId(37)).isPresent());
            model.checkAll(journal);
        }
    }

    /** A view of no checkpoint, whose position lies between two, keeps what it shows as well. */
    @Test
    void anOpenViewBetweenCheckpointsIsKept() throws IOException {
        JournalConfig config = new JournalConfig(256 << 10, 100, 64 << 10);
        Model model = new Model(Model.spec(100_000));
        try (Journal journal = Journal.create(FOLDER, model.spec(), config, new MemoryFiles())) {
            overwritten(journal, model, 50);
            journal.append(model.write(0, 0, new byte[] {1, 2, 3}, 0).buffer());
            byte[] between = new byte[60_000];
            new Random(8).nextBytes(between);
            journal.append(model.write(0, 20_000, between, 0).buffer());
            journal.sync();
            VolumeView view =
                    journal.openLatest(model.spec().volumes().getFirst().id());
            overwriteMore(journal, model, 51, 100);
            assertTrue(journal.age(limits(Duration.ofDays(1)), START.plusSeconds(200))
                            .bytesThinned()
                    > 1_000_000);
            model.check(view);
            view.close();
            assertTrue(journal.age(limits(Duration.ofDays(1)), START.plusSeconds(200))
                            .bytesThinned()
                    > 20_000);
            model.checkAll(journal);
        }
    }

    /** Damage in what is left is found; what says what is gone is made again where it is damaged. */
    @Test
    void damageIsStillFound() throws IOException {
        MemoryFiles files = new MemoryFiles();
        JournalConfig config = new JournalConfig(256 << 10, 100, 64 << 10);
        Model model = new Model(Model.spec(100_000));
        try (Journal journal = Journal.create(FOLDER, model.spec(), config, files)) {
            overwritten(journal, model, 100);
            journal.age(limits(Duration.ofDays(1)), START.plusSeconds(200));
        }
        List<Path> thinned = files.allFiles().stream()
                .filter(file -> JournalLayout.thinnedNumber(file).isPresent())
                .toList();
        assertTrue(thinned.size() > 10, thinned::toString);
        int[] found = new int[1];
        Seeds.check(60, random -> {
            MemoryFiles copy = files.copy();
            Path segment = segmentOf(copy, thinned.get(random.nextInt(thinned.size())));
            byte[] bytes = copy.contents(segment);
            int at;
            do {
                at = SegmentHeader.BYTES + random.nextInt(bytes.length - SegmentHeader.BYTES);
            } while (bytes[at] == 0);
            bytes[at] ^= 1;
            copy.put(segment, bytes);
            try (Journal journal = Journal.open(FOLDER, config, copy)) {
                List<JournalDamage> damages = journal.scrub().damages();
                damages.forEach(damage -> assertEquals(segment, damage.file()));
                found[0] += damages.size();
                for (CheckpointRecord left : journal.checkpoints()) {
                    read(journal, left.id());
                }
            }
        });
        assertTrue(found[0] > 5 || Long.getLong("tidemark.seed") != null, () -> found[0] + " damages found");
        for (Path file : thinned) {
            byte[] bytes = files.contents(file);
            bytes[bytes.length / 2] ^= 1;
            files.put(file, bytes);
        }
        try (Journal journal = Journal.open(FOLDER, config, files)) {
            model.checkAll(journal);
            // The fold meets frames that are gone, and must know it.
            journal.age(START.plusSeconds(50));
            assertTrue(journal.statistics().floorPosition() > 40);
            model.checkAll(journal);
            journal.age(limits(Duration.ofDays(1)), START.plusSeconds(200));
            assertEquals(0, journal.scrub().unselectableCheckpoints());
            assertEquals(List.of(), journal.scrub().damages());
            model.checkAll(journal);
        }
    }

    private static Path segmentOf(MemoryFiles files, Path thinned) {
        long number = JournalLayout.thinnedNumber(thinned).orElseThrow();
        return files.allFiles().stream()
                .filter(file -> JournalLayout.segmentName(file).stream().anyMatch(name -> name.number() == number))
                .findFirst()
                .orElseThrow();
    }

    private static void read(Journal journal, CheckpointId id) throws IOException {
        for (JournalVolume volume : journal.spec().volumes()) {
            try (VolumeView view = journal.openView(volume.id(), id)) {
                view.read(0, ByteBuffer.allocate((int) view.sizeBytes()));
            }
        }
    }
}
