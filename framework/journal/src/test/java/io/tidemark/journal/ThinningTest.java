package io.tidemark.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.journal.batch.RecordType;
import io.tidemark.journal.file.FileStoreFiles;
import io.tidemark.journal.file.StoreFiles;
import io.tidemark.spi.id.CheckpointId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** J1, J8: what is kept is read as it was, what is thinned out is gone, and its room is given back. */
final class ThinningTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final Path FOLDER = Path.of("/j/1");
    private static final Thinning TIERS = new Thinning(List.of(
            new Thinning.Tier(Duration.ofSeconds(8), Duration.ofSeconds(8)),
            new Thinning.Tier(Duration.ofSeconds(40), Duration.ofSeconds(32))));

    private static HistoryLimits limits(Duration history) {
        return new HistoryLimits(history, Long.MAX_VALUE, HistoryLimits.WhenFull.SHORTEN, TIERS);
    }

    /** One random life of a journal that is thinned out again and again. */
    private static final class Life {
        private final Random random;
        private final StoreFiles files;
        private final Path folder;
        private final JournalConfig config;
        private final Model model = new Model(Model.spec(200_000, 65_536));
        private final List<VolumeView> held = new ArrayList<>();
        /** On no checkpoint; they hold positions between those. */
        private final List<VolumeView> latest = new ArrayList<>();

        private Journal journal;
        private long nextCheckpoint = 1;
        private long thinnedBytes;
        private int thinnedCheckpoints;
        private int folded;

        Life(Random random, StoreFiles files, Path folder) throws IOException {
            this.random = random;
            this.files = files;
            this.folder = folder;
            this.config =
                    new JournalConfig(random.nextBoolean() ? 64 << 10 : 256 << 10, 1 + random.nextInt(4), 64 << 10);
            this.journal = Journal.create(folder, model.spec(), config, files);
            append(model.marker(RecordType.SYNC_END, 0));
        }

        private void append(Model.Built batch) throws IOException {
            journal.append(batch.buffer());
        }

        Instant now() {
            return START.plusSeconds(nextCheckpoint);
        }

        void step() throws IOException {
            switch (random.nextInt(17)) {
                case 0, 1, 2, 3 -> append(model.nextBatch(random, 12, 0));
                case 4, 5, 6, 7, 8 -> checkpoint();
                case 9, 10 -> age(Duration.ofDays(1));
                case 11 -> age(Duration.ofSeconds(60));
                case 12 -> hold();
                case 13 -> checkSome();
                case 14 -> {
                    if (random.nextInt(6) == 0) {
                        resync();
                    }
                }
                case 15 -> {
                    if (random.nextInt(4) == 0) {
                        reopen();
                    }
                }
                case 16 -> holdLatest();
                default -> throw new AssertionError();
            }
        }

        private void holdLatest() throws IOException {
            if (latest.size() < 2) {
                journal.sync();
                latest.add(journal.openLatest(
                        model.spec().volumes().get(random.nextInt(2)).id()));
            } else if (random.nextInt(3) == 0) {
                try (VolumeView view = latest.removeFirst()) {
                    model.check(view);
                }
            }
        }

        private void checkpoint() throws IOException {
            append(model.nextBatch(random, 6, 0));
            long durable = journal.sync();
            if (journal.consistency() == ConsistencyState.INCONSISTENT) {
                return;
            }
            boolean tagged = random.nextInt(12) == 0;
            journal.addCheckpoint(new CheckpointRecord(
                    new CheckpointId(nextCheckpoint),
                    durable,
                    START.plusSeconds(nextCheckpoint),
                    tagged ? CheckpointRecord.Kind.TAGGED : CheckpointRecord.Kind.AUTOMATIC,
                    "",
                    random.nextInt(25) == 0 ? Pinning.PINNED : Pinning.UNPINNED));
            nextCheckpoint += 1 + random.nextInt(3);
        }

        private void age(Duration history) throws IOException {
            if (journal.checkpoints().isEmpty()) {
                return;
            }
            List<CheckpointRecord> expected = expected(history);
            long before = journal.space().segmentBytes();
            int segments = segments();
            long returned = 0;
            AgeingResult result;
            do {
                result = journal.age(limits(history), now());
                returned += result.bytesThinned();
                thinnedCheckpoints += result.checkpointsThinned();
                folded += result.segmentsFolded();
            } while (result.moreToThin());
            assertEquals(expected, journal.checkpoints());
            if (segments == segments()) {
                assertEquals(before - returned, journal.space().segmentBytes(), "what is claimed was given back");
            }
            AgeingResult again = journal.age(limits(history), now());
            assertEquals(0, again.checkpointsThinned(), "J8");
            assertEquals(0, again.bytesThinned(), "J8");
            thinnedBytes += returned;
        }

        private int segments() throws IOException {
            return (int) files.list(folder).stream()
                    .filter(file -> JournalLayout.segmentName(file).isPresent())
                    .count();
        }

        /** Naively: what stays after expiry and thinning at this time. */
        private List<CheckpointRecord> expected(Duration history) {
            List<CheckpointRecord> all = List.copyOf(journal.checkpoints());
            List<Long> heldPositions = held.stream().map(VolumeView::position).toList();
            List<CheckpointRecord> kept = new ArrayList<>();
            long oldestHeld = all.stream()
                    .filter(checkpoint -> heldPositions.contains(checkpoint.position()))
                    .mapToLong(checkpoint -> checkpoint.id().value())
                    .min()
                    .orElse(Long.MAX_VALUE);
            for (CheckpointRecord checkpoint : all) {
                boolean expires = checkpoint.time().isBefore(now().minus(history))
                        && checkpoint.pinning() == Pinning.UNPINNED
                        && checkpoint.id().value() < oldestHeld
                        && !checkpoint.equals(all.getLast());
                if (!expires) {
                    kept.add(checkpoint);
                }
            }
            List<CheckpointRecord> left = new ArrayList<>();
            for (int i = 0; i < kept.size(); i++) {
                CheckpointRecord one = kept.get(i);
                int tier = TIERS.tierOf(one.time(), now());
                boolean first = tier < 0
                        || i == 0
                        || TIERS.tierOf(kept.get(i - 1).time(), now()) != tier
                        || TIERS.intervalOf(tier, kept.get(i - 1).time()) != TIERS.intervalOf(tier, one.time());
                if (first
                        || one.kind() != CheckpointRecord.Kind.AUTOMATIC
                        || one.pinning() == Pinning.PINNED
                        || i == kept.size() - 1
                        || heldPositions.contains(one.position())) {
                    left.add(one);
                }
            }
            return left;
        }

        private CheckpointId some() {
            List<CheckpointRecord> all = journal.checkpoints();
            return all.get(random.nextInt(all.size())).id();
        }

        private void hold() throws IOException {
            var volume = model.spec().volumes().get(random.nextInt(2)).id();
            if (held.size() < 3 && !journal.checkpoints().isEmpty()) {
                held.add(journal.openView(volume, some()));
            } else if (!held.isEmpty()) {
                try (VolumeView view = held.removeFirst()) {
                    model.check(view);
                }
            }
        }

        private void checkSome() throws IOException {
            if (!journal.checkpoints().isEmpty()) {
                var volume = model.spec().volumes().get(random.nextInt(2)).id();
                try (VolumeView view = journal.openView(volume, some())) {
                    model.check(view);
                }
                try (VolumeView view = journal.openLatest(volume)) {
                    model.check(view);
                }
            }
        }

        private void resync() throws IOException {
            append(model.marker(RecordType.SYNC_BEGIN, 0));
            append(model.nextBatch(random, 30, 0));
            journal.sync();
            append(model.marker(RecordType.SYNC_END, 0));
        }

        private void reopen() throws IOException {
            closeViews();
            journal.close();
            journal = Journal.open(folder, config, files);
        }

        private void closeViews() throws IOException {
            for (VolumeView view : held) {
                model.check(view);
                view.close();
            }
            held.clear();
            for (VolumeView view : latest) {
                model.check(view);
                view.close();
            }
            latest.clear();
        }

        void end() throws IOException {
            journal.sync();
            closeViews();
            assertEquals(List.of(), journal.scrub().damages());
            model.checkAll(journal);
            reopen();
            assertEquals(List.of(), journal.scrub().damages());
            // Everything is folded but the newest checkpoint's segment: dead records are newest at many of the cuts.
            AgeingResult result;
            do {
                result = journal.age(START.plusSeconds(nextCheckpoint));
                model.checkAll(journal);
                assertEquals(List.of(), journal.scrub().damages());
            } while (result.moreToFold() > 0);
            journal.close();
        }
    }

    @Test
    void everyKeptCheckpointEqualsTheModel() {
        long[] seen = new long[3];
        Seeds.check(40, random -> {
            Life life = new Life(random, new MemoryFiles(), FOLDER);
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
            Life life = new Life(random, new FileStoreFiles(), folder.resolve("j" + random.nextInt()));
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
