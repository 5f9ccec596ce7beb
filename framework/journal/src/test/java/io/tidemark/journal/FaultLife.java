package io.tidemark.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.journal.MemoryFiles.Survival;
import io.tidemark.journal.batch.RecordType;
import io.tidemark.spi.id.CheckpointId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * One random life of a journal on a store that fails again and again: everything that an owner, a reader and an operator do is done in random
 * order, and after each fault all that was promised is checked, the journal opened again, and the life goes on.
 */
final class FaultLife {
    private static final Path FOLDER = Path.of("/j/1");
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final Thinning THINNING =
            new Thinning(List.of(new Thinning.Tier(Duration.ofSeconds(3), Duration.ofSeconds(4))));
    private static final HistoryLimits LIMITS =
            new HistoryLimits(Duration.ofDays(1), Long.MAX_VALUE, HistoryLimits.WhenFull.SHORTEN, THINNING);

    private final Random random;
    private final FaultsSeen seen;
    private final Model model = new Model(Model.spec(60_000, 20_480 + 512));
    private final JournalConfig config;
    private final Promises promises = new Promises();
    private final Deque<Runnable> later = new ArrayDeque<>();
    private final List<VolumeView> held = new ArrayList<>();
    private MemoryFiles files = new MemoryFiles();
    private FaultPlan plan = FaultPlan.none();
    private @Nullable Journal opened;
    /** Whether a fault befell the store since the journal was opened: what is only begun may show it later. */
    private boolean injected;

    private boolean pendingSync;
    private long nextCheckpoint = 1;
    private int scratches;

    FaultLife(Random random, FaultsSeen seen) {
        this.random = random;
        this.seen = seen;
        this.config = new JournalConfig(64 << 10, 1 + random.nextInt(3), 64 << 10, random.nextInt(3));
    }

    void run(int steps) throws IOException {
        prepareFiles();
        opened = Journal.create(FOLDER, model.spec(), config, files);
        append(model.marker(RecordType.SYNC_END, 0));
        for (int i = 0; i < steps; i++) {
            if (plan.fired() || random.nextInt(25) == 0) {
                arm(FaultPlan.random(random));
            }
            try {
                step();
            } catch (IOException e) {
                recover(e);
            }
        }
        boolean quiet = false;
        while (!quiet) {
            try {
                // The last fault may show only now.
                arm(FaultPlan.none());
                runLater();
                sync();
                if (files.isDead()) {
                    throw new MemoryFiles.Crashed();
                }
                quiet = true;
            } catch (IOException e) {
                recover(e);
            }
        }
        end();
    }

    private Journal journal() {
        Journal now = opened;
        if (now == null) {
            throw new AssertionError("no journal is open");
        }
        return now;
    }

    private void arm(FaultPlan next) {
        seen.faults.add(plan);
        injected |= plan.fired();
        plan = next;
        files.setFaults(next);
    }

    private void prepareFiles() {
        later.clear();
        files.setFaults(plan);
        files.setBackground(random.nextBoolean() ? Runnable::run : later::add);
        if (random.nextBoolean()) {
            files.setSlowWrites(new Random(random.nextLong()));
        }
    }

    private void append(Model.Built batch) throws IOException {
        assertEquals(batch.endPosition(), journal().append(batch.buffer()));
    }

    private Instant now() {
        return START.plusSeconds(nextCheckpoint);
    }

    private void step() throws IOException {
        switch (random.nextInt(27)) {
            case 0, 1, 2, 3 -> append(model.nextBatch(random, 3, promises.epoch()));
            case 4, 5 -> append(model.randomWrite(random, 0, 3_000, 20_000, promises.epoch()));
            case 6, 7, 8 -> startSync();
            case 9 -> finishSync();
            case 10 -> sync();
            case 11, 12, 13, 14, 15 -> checkpoint();
            case 16 -> age();
            case 17, 18 -> thin();
            case 19 -> scrubDamage();
            case 20 -> scratch();
            case 21 -> pin();
            case 22 -> hold();
            case 23 -> checkSome(1);
            case 24 -> runLater();
            case 25 -> {
                if (random.nextInt(3) == 0) {
                    restart();
                }
            }
            case 26 -> {
                if (random.nextInt(4) == 0) {
                    raiseEpoch();
                } else if (random.nextInt(4) == 0) {
                    append(model.marker(RecordType.SYNC_BEGIN, promises.epoch()));
                    append(model.nextBatch(random, 4, promises.epoch()));
                    append(model.marker(RecordType.SYNC_END, promises.epoch()));
                }
            }
            default -> throw new AssertionError();
        }
    }

    private void startSync() throws IOException {
        long appended = journal().appendedPosition();
        long before = journal().durablePosition();
        boolean ended = pendingSync;
        pendingSync = true;
        journal().startSync();
        long durable = journal().durablePosition();
        // J4, J10: what is only begun is not durable; beginning the next ends the one before.
        assertTrue(durable == before || ended, () -> "J4: durable moved from " + before + " to " + durable);
        assertTrue(durable < appended || before == appended || ended, "J10");
        promises.durable(durable);
    }

    private void finishSync() throws IOException {
        promises.durable(journal().finishSync());
        pendingSync = false;
    }

    private void sync() throws IOException {
        promises.durable(journal().sync());
        pendingSync = false;
        assertEquals(model.end(), promises.durable());
    }

    private void checkpoint() throws IOException {
        append(model.nextBatch(random, 2, promises.epoch()));
        if (random.nextInt(3) > 0) {
            sync();
        }
        promises.durable(journal().durablePosition());
        if (model.end() > promises.durable() && journal().consistency() == ConsistencyState.CONSISTENT) {
            promises.checkTooEarly(
                    journal(), CheckpointRecord.automatic(new CheckpointId(nextCheckpoint), model.end(), now()));
        }
        if (journal().consistency() != ConsistencyState.CONSISTENT
                || journal().consistentSince().orElseThrow() > promises.durable()) {
            return;
        }
        CheckpointRecord next = new CheckpointRecord(
                new CheckpointId(nextCheckpoint),
                promises.durable(),
                now(),
                random.nextInt(8) == 0 ? CheckpointRecord.Kind.TAGGED : CheckpointRecord.Kind.AUTOMATIC,
                "",
                Pinning.UNPINNED);
        nextCheckpoint++;
        promises.attempt(next);
        journal().addCheckpoint(next);
        promises.confirm(next);
    }

    private void age() throws IOException {
        Instant since = now().minusSeconds(6L + random.nextInt(10));
        promises.expire(since);
        seen.folded += journal().age(since).segmentsFolded();
    }

    private void thin() throws IOException {
        promises.thin(THINNING, now());
        AgeingResult result = journal().age(LIMITS, now());
        seen.thinnedBytes += result.bytesThinned();
    }

    private void pin() throws IOException {
        if (!journal().checkpoints().isEmpty()) {
            CheckpointId id = some();
            Pinning pinning = random.nextInt(3) == 0 ? Pinning.PINNED : Pinning.UNPINNED;
            promises.pinning(id);
            journal().setPinning(id, pinning);
            promises.pinned(id, pinning);
        }
    }

    private void raiseEpoch() throws IOException {
        sync();
        journal().raiseEpoch(promises.epoch() + 1);
        promises.epoch(promises.epoch() + 1);
    }

    private void runLater() {
        for (Runnable task = later.poll(); task != null; task = later.poll()) {
            task.run();
        }
    }

    private CheckpointId some() {
        List<CheckpointRecord> all = journal().checkpoints();
        return all.get(random.nextInt(all.size())).id();
    }

    private VolumeView openSome() throws IOException {
        var volume = model.spec().volumes().get(random.nextInt(2)).id();
        return journal().checkpoints().isEmpty() || random.nextInt(5) == 0
                ? journal().openLatest(volume)
                : journal().openView(volume, some());
    }

    private void checkSome(int views) throws IOException {
        for (int i = 0; i < views; i++) {
            try (VolumeView view = openSome()) {
                model.check(view);
            }
        }
    }

    private void hold() throws IOException {
        if (held.size() < 2) {
            held.add(openSome());
        } else {
            try (VolumeView view = held.removeFirst()) {
                model.check(view);
            }
        }
    }

    private void scratch() throws IOException {
        try (VolumeView view = openSome()) {
            ScratchRound.run(journal(), view, model, Path.of("/scratch/" + scratches++), random);
        }
    }

    /** Something at rest is damaged, found, and mended again, whatever fails meanwhile. */
    private void scrubDamage() throws IOException {
        DamagedByte damaged = DamagedByte.somewhere(files, random).orElse(null);
        if (damaged == null) {
            return;
        }
        try {
            journal().scrub();
            seen.marks += journal().damagedCheckpoints().size();
            for (CheckpointRecord left : journal().checkpoints()) {
                if (random.nextInt(3) == 0) {
                    var volume = model.spec().volumes().get(random.nextInt(2)).id();
                    try (VolumeView view = journal().openView(volume, left.id())) {
                        model.check(view);
                    }
                }
            }
        } finally {
            damaged.mend(files);
        }
        scrubMended();
    }

    /** All marks go, unless the disk could not read a base image just now, which is damage until it can. */
    private void scrubMended() throws IOException {
        if (journal().scrub().unselectableCheckpoints() > 0) {
            assertTrue(plan.fired() && plan.kind() == FaultPlan.Kind.FAILED_READ, "nothing is damaged");
            arm(FaultPlan.none());
            assertEquals(0, journal().scrub().unselectableCheckpoints());
        }
    }

    private void restart() throws IOException {
        closeViews();
        journal().close();
        reopen();
    }

    private void closeViews() {
        held.forEach(VolumeView::close);
        held.clear();
    }

    /** After a call threw: checks what the journal still promises, and goes on with it, or with what a crash left. */
    private void recover(IOException thrown) throws IOException {
        if (!plan.fired() && !injected) {
            throw new AssertionError("nothing was injected, and yet: " + thrown, thrown);
        }
        seen.pendingAtFault += pendingSync ? 1 : 0;
        boolean wasKilled = files.isDead();
        Journal before = opened;
        if (!wasKilled && before != null && !before.hasFailed()) {
            // A read, or something that is not the journal's own.
            arm(FaultPlan.none());
            closeViews();
            checkSome(1);
            return;
        }
        if (!wasKilled && before != null) {
            verifyFailed(before);
        }
        crashOrReopen(before, wasKilled);
    }

    private void verifyFailed(Journal failed) throws IOException {
        arm(FaultPlan.none());
        promises.checkFailed(failed, model.batches().getLast());
        checkSome(2);
    }

    private void crashOrReopen(@Nullable Journal before, boolean wasKilled) throws IOException {
        closeViews();
        if (before != null && wasKilled) {
            promises.durable(before.durablePosition());
        }
        if (wasKilled || random.nextBoolean()) {
            List<Survival> survivals = List.of(Survival.values());
            Survival survival = survivals.get(random.nextInt(survivals.size()));
            arm(FaultPlan.none());
            files = files.afterCrash(random, survival);
            prepareFiles();
        } else if (before != null) {
            before.close();
        }
        opened = null;
        // The store may fail while the journal is being opened, too.
        arm(random.nextInt(3) == 0 ? FaultPlan.random(random) : FaultPlan.none());
        try {
            reopen();
        } catch (IOException e) {
            recover(e);
        }
    }

    private void reopen() throws IOException {
        opened = null;
        pendingSync = false;
        boolean exists = Journal.exists(FOLDER, files);
        Journal next =
                exists ? Journal.open(FOLDER, config, files) : Journal.create(FOLDER, model.spec(), config, files);
        opened = next;
        promises.check(next, model.end());
        // J8: the sender repeats what is missing, and one more.
        for (Model.Built batch : model.batches()) {
            if (batch.endPosition() > next.appendedPosition()) {
                append(batch);
                seen.resent++;
            }
        }
        if (!next.damagedCheckpoints().isEmpty()) {
            scrubMended();
        }
        checkSome(2);
    }

    private void end() throws IOException {
        closeViews();
        assertEquals(List.of(), journal().scrub().damages());
        model.checkAll(journal());
        journal().close();
        files = files.afterCrash(random, Survival.NOTHING);
        opened = Journal.open(FOLDER, config, files);
        promises.check(journal(), model.end());
        model.checkAll(journal());
        journal().close();
    }
}
