package io.tidemark.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidemark.journal.batch.RecordType;
import io.tidemark.journal.file.StoreFiles;
import io.tidemark.spi.id.CheckpointId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** One random life of a journal that is thinned out again and again. */
final class ThinningLife {
    private static final Instant START = ThinningTest.START;
    private static final Thinning TIERS = ThinningTest.TIERS;

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
    long thinnedBytes;
    int thinnedCheckpoints;
    int folded;

    ThinningLife(Random random, StoreFiles files, Path folder) throws IOException {
        this.random = random;
        this.files = files;
        this.folder = folder;
        this.config = new JournalConfig(random.nextBoolean() ? 64 << 10 : 256 << 10, 1 + random.nextInt(4), 64 << 10);
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
            result = journal.age(ThinningTest.limits(history), now());
            returned += result.bytesThinned();
            thinnedCheckpoints += result.checkpointsThinned();
            folded += result.segmentsFolded();
        } while (result.moreToThin());
        assertEquals(expected, journal.checkpoints());
        if (segments == segments()) {
            assertEquals(before - returned, journal.space().segmentBytes(), "what is claimed was given back");
        }
        AgeingResult again = journal.age(ThinningTest.limits(history), now());
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
