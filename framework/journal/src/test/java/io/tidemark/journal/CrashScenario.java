package io.tidemark.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.journal.batch.RecordType;
import io.tidemark.spi.id.CheckpointId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * One short life of a journal, the same for the same seed, that can be cut off at any call; remembers what the journal promised, and checks
 * afterwards that it keeps it.
 */
final class CrashScenario {
    static final JournalConfig CONFIG = new JournalConfig(64 * 1024, 2, 64 * 1024);
    static final Path FOLDER = Path.of("/journals/one");
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final int ROUNDS = 14;

    private static final Thinning THINNING =
            new Thinning(List.of(new Thinning.Tier(Duration.ofSeconds(2), Duration.ofSeconds(4))));
    private static final HistoryLimits LIMITS =
            new HistoryLimits(Duration.ofDays(1), Long.MAX_VALUE, HistoryLimits.WhenFull.SHORTEN, THINNING);

    private final Random random;
    private final Set<CheckpointId> mayBeThinned = new HashSet<>();
    private final Model model = new Model(Model.spec(150_000, 65_536 + 512));
    private final List<CheckpointRecord> attempted = new ArrayList<>();
    private final List<CheckpointRecord> confirmed = new ArrayList<>();
    private boolean created;
    private long durable;
    private long epoch;
    private Instant keptSince = Instant.MIN;
    private long nextCheckpoint = 1;

    CrashScenario(long seed) {
        this.random = new Random(seed);
    }

    Model model() {
        return model;
    }

    /** Runs to the end, or until the files throw. Gives the journal to {@code opened} as soon as there is one. */
    void run(MemoryFiles files, List<Journal> opened) throws IOException {
        files.setSlowWrites(new Random(model.spec().hashCode()));
        Journal journal = Journal.create(FOLDER, model.spec(), CONFIG, files);
        opened.add(journal);
        created = true;
        append(journal, model.marker(RecordType.SYNC_END, epoch));
        for (int round = 1; round <= ROUNDS; round++) {
            append(journal, model.nextBatch(random, 10, epoch));
            append(journal, model.nextBatch(random, 4, epoch));
            append(journal, model.randomWrite(random, 0, 5_000, 40_000, epoch));
            sync(journal);
            checkpoint(journal);
            journal.startSync();
            long begun = journal.appendedPosition();
            append(journal, model.nextBatch(random, 3, epoch));
            if (round % 3 == 0) {
                durable = Math.max(durable, journal.finishSync());
                assertTrue(durable >= begun && durable <= journal.appendedPosition());
            }
            switch (round) {
                case 4, 9, 13 -> age(journal, round - 3);
                case 5, 10, 12 -> thin(journal);
                case 6 -> pin(journal);
                case 8 -> raiseEpoch(journal);
                default -> {}
            }
        }
        journal.close();
    }

    private static void append(Journal journal, Model.Built batch) throws IOException {
        long appended = journal.append(batch.buffer());
        assertEquals(batch.endPosition(), appended);
        assertTrue(journal.durablePosition() <= appended);
    }

    private void sync(Journal journal) throws IOException {
        durable = Math.max(durable, journal.sync());
    }

    private void checkpoint(Journal journal) throws IOException {
        CheckpointRecord next = CheckpointRecord.automatic(
                new CheckpointId(nextCheckpoint), durable, START.plusSeconds(nextCheckpoint));
        nextCheckpoint++;
        attempted.add(next);
        journal.addCheckpoint(next);
        confirmed.add(next);
    }

    private void age(Journal journal, long keepFromSecond) throws IOException {
        Instant since = START.plusSeconds(keepFromSecond);
        keptSince = since.isAfter(keptSince) ? since : keptSince;
        journal.age(since);
    }

    private void thin(Journal journal) throws IOException {
        Instant now = START.plusSeconds(nextCheckpoint);
        confirmed.stream()
                .limit(confirmed.size() - 1L)
                .filter(checkpoint -> checkpoint.pinning() == Pinning.UNPINNED)
                .filter(checkpoint -> THINNING.tierOf(checkpoint.time(), now) >= 0)
                .filter(checkpoint -> attempted.stream()
                        .anyMatch(other -> other.id().compareTo(checkpoint.id()) < 0
                                && THINNING.intervalOf(0, other.time()) == THINNING.intervalOf(0, checkpoint.time())))
                .forEach(checkpoint -> mayBeThinned.add(checkpoint.id()));
        AgeingResult result;
        do {
            result = journal.age(LIMITS, now);
        } while (result.moreToThin());
    }

    private void pin(Journal journal) throws IOException {
        CheckpointRecord last = confirmed.getLast();
        journal.setPinning(last.id(), Pinning.PINNED);
        confirmed.set(confirmed.size() - 1, last.withPinning(Pinning.PINNED));
    }

    private void raiseEpoch(Journal journal) throws IOException {
        sync(journal);
        journal.raiseEpoch(5);
        epoch = 5;
    }

    /** Opens what a crash left, and checks all promises; then goes on working with it and checks again. */
    void verifyAndGoOn(MemoryFiles files) throws IOException {
        if (!Journal.exists(FOLDER, files)) {
            assertTrue(!created, "a journal whose creation was reported exists");
            // J8: what an unfinished creation left is proven to be ours, and no hindrance.
            Journal.create(FOLDER, model.spec(), CONFIG, files).close();
        }
        try (Journal journal = Journal.open(FOLDER, CONFIG, files)) {
            verify(journal);
            goOn(journal);
        }
        try (Journal journal = Journal.open(FOLDER, CONFIG, files)) {
            verify(journal);
        }
    }

    /** J2, J4, J5, J7 and J1, against what was promised. */
    void verify(Journal journal) throws IOException {
        long recovered = journal.appendedPosition();
        assertEquals(recovered, journal.durablePosition());
        assertTrue(recovered >= durable, () -> "J2: durable up to " + durable + ", recovered " + recovered);
        assertTrue(recovered <= model.end(), "J2: recovered is a prefix of what was appended");
        assertTrue(journal.epoch() >= epoch, "J7: epochs only grow");
        for (CheckpointRecord checkpoint : journal.checkpoints()) {
            assertTrue(
                    attempted.stream().anyMatch(a -> a.id().equals(checkpoint.id())), () -> checkpoint + " appeared");
            assertTrue(checkpoint.position() <= journal.durablePosition(), "J5");
        }
        List<CheckpointId> listed =
                journal.checkpoints().stream().map(CheckpointRecord::id).collect(Collectors.toList());
        for (CheckpointRecord checkpoint : confirmed) {
            boolean mustBeThere = (!checkpoint.time().isBefore(keptSince) && !mayBeThinned.contains(checkpoint.id()))
                    || checkpoint.pinning() == Pinning.PINNED
                    || checkpoint.equals(confirmed.getLast());
            if (mustBeThere) {
                assertTrue(listed.contains(checkpoint.id()), () -> checkpoint + " was durable and is gone");
            }
        }
        model.checkAll(journal);
    }

    /** J8, J10: the sender repeats what was not acknowledged, and more; the owner ages again. */
    private void goOn(Journal journal) throws IOException {
        int known = 0;
        for (Model.Built batch : model.batches()) {
            if (batch.endPosition() <= journal.durablePosition()) {
                known++;
            }
        }
        for (int i = Math.max(0, known - 1); i < model.batches().size(); i++) {
            Model.Built batch = model.batches().get(i);
            if (batch.endPosition() <= journal.appendedPosition() && epochIsOver(journal, batch)) {
                continue;
            }
            journal.append(batch.buffer());
        }
        assertEquals(model.end(), journal.appendedPosition());
        journal.append(model.nextBatch(random, 5, journal.epoch()).buffer());
        sync(journal);
        assertEquals(model.end(), durable);
        epoch = journal.epoch();
        if (journal.consistency() == ConsistencyState.CONSISTENT) {
            checkpoint(journal);
        }
        if (!confirmed.isEmpty()) {
            thin(journal);
        }
        if (confirmed.size() > 4) {
            age(journal, confirmed.size() - 4L);
        }
    }

    private static boolean epochIsOver(Journal journal, Model.Built batch) {
        if (journal.epoch() == 0) {
            return false;
        }
        try {
            journal.append(batch.buffer());
            return true;
        } catch (JournalRefusedException e) {
            return e.reason() == JournalRefusedException.Reason.OLD_EPOCH;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** J9: after a failure nothing is taken, nothing more is called durable, and views still work. */
    void verifyFailed(Journal journal) throws IOException {
        assertTrue(journal.hasFailed());
        long before = journal.durablePosition();
        assertTrue(before >= durable);
        Model.Built any = model.batches().getLast();
        assertThrows(JournalFailedException.class, () -> journal.append(any.buffer()));
        assertThrows(JournalFailedException.class, journal::sync);
        assertThrows(JournalFailedException.class, () -> journal.age(Instant.MAX));
        assertEquals(before, journal.durablePosition());
        model.checkAll(journal);
    }
}
