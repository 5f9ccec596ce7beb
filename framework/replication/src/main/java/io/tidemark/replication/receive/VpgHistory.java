package io.tidemark.replication.receive;

import io.tidemark.journal.AgeingResult;
import io.tidemark.journal.CheckpointRecord;
import io.tidemark.journal.HistoryLimits;
import io.tidemark.journal.HistoryLimits.WhenFull;
import io.tidemark.journal.Journal;
import io.tidemark.journal.JournalClosedException;
import io.tidemark.journal.Pinning;
import io.tidemark.journal.SpaceUse;
import io.tidemark.journal.Thinning;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How much history the journals of one VPG keep together. The limit of size is the VPG's: what is too much is taken from each journal in
 * proportion to its history, which shortens all of them by about the same time. Safe for use by several threads; ageing by one at a time.
 */
final class VpgHistory {
    private static final Logger LOG = LoggerFactory.getLogger(VpgHistory.class);
    private static final long ROOM_LASTS_NANOS = Duration.ofSeconds(5).toNanos();
    /** What is wanted until somebody says it: everything is taken, and kept. */
    private static final HistoryLimits UNTOLD =
            new HistoryLimits(Duration.ofDays(30), VpgRoom.UNLIMITED, WhenFull.SHORTEN, Thinning.NONE);

    private final Supplier<List<Journal>> journals;
    private final IntakeGate gate = new IntakeGate(this::measureQuietly);
    private final Object measuring = new Object();
    private volatile HistoryLimits limits = UNTOLD;
    private volatile @Nullable Measured last;

    VpgHistory(Supplier<List<Journal>> journals) {
        this.journals = journals;
    }

    private record Measured(VpgRoom room, long atNanos) {}

    IntakeGate gate() {
        return gate;
    }

    /** Says what the journals may take from now on, and judges at once whether they take more. */
    void limit(HistoryLimits wanted) throws IOException {
        limits = wanted;
        var _ = measure();
    }

    /** What the journals take; some seconds old at most. */
    VpgRoom room() throws IOException {
        Measured known = last;
        return known != null
                        && System.nanoTime() - known.atNanos < ROOM_LASTS_NANOS
                        && known.room.intake() == gate.intake()
                ? known.room
                : measure();
    }

    /** The next question about room looks at the files again. */
    void changed() {
        last = null;
    }

    private VpgRoom measure() throws IOException {
        synchronized (measuring) {
            HistoryLimits wanted = limits;
            List<Journal> all = journals.get();
            long usedBytes = 0;
            long historyBytes = 0;
            long recordBytes = 0;
            for (Journal journal : all) {
                SpaceUse use = journal.space();
                usedBytes += use.totalBytes();
                historyBytes += historyBytes(use);
                recordBytes += journal.statistics().segmentBytes();
            }
            List<CheckpointRecord> checkpoints = CommonCheckpoints.selectable(all);
            Duration history = checkpoints.isEmpty()
                    ? Duration.ZERO
                    : Duration.between(
                            checkpoints.getFirst().time(), checkpoints.getLast().time());
            VpgRoom open = new VpgRoom(usedBytes, historyBytes, recordBytes, history, wanted, gate.intake());
            VpgRoom.Intake intake =
                    gate.judge(usedBytes, wanted, open.limited() ? open.sustainableBytesPerSecond() : 0);
            VpgRoom room = new VpgRoom(usedBytes, historyBytes, recordBytes, history, wanted, intake);
            last = new Measured(room, System.nanoTime());
            return room;
        }
    }

    private static long historyBytes(SpaceUse use) {
        return use.segmentBytes() + use.spareBytes();
    }

    private void measureQuietly() {
        try {
            var _ = measure();
        } catch (IOException | RuntimeException e) {
            // The next ageing measures again, and its failure is reported.
            LOG.atWarn().setCause(e).log("The room of journals could not be measured");
        }
    }

    /** Ages every journal on the caller's thread; their keepers go on taking writes meanwhile. */
    void age(HistoryLimits wanted, Instant end) throws IOException {
        limits = wanted;
        VpgRoom room = measure();
        long excess = wanted.whenFull() == WhenFull.SHORTEN ? Math.max(0, room.usedBytes() - wanted.maxBytes()) : 0;
        Map<Journal, Long> sizes = new LinkedHashMap<>();
        for (Journal journal : journals.get()) {
            SpaceUse use = journal.space();
            long share = (long) Math.ceil(excess * (historyBytes(use) / (double) Math.max(1, room.historyBytes())));
            sizes.put(journal, excess == 0 ? VpgRoom.UNLIMITED : Math.max(1, use.totalBytes() - share));
        }
        for (Map.Entry<Journal, Long> size : sizes.entrySet()) {
            ageOne(
                    size.getKey(),
                    new HistoryLimits(wanted.history(), size.getValue(), WhenFull.SHORTEN, wanted.thinning()),
                    end);
        }
        if (excess > 0) {
            ageToWhatAllHave(sizes.keySet(), wanted, end);
        }
        var _ = measure();
    }

    /** Where room made one journal give up more than others, what the others have beyond that is of no use to anybody (J5). */
    private static void ageToWhatAllHave(Iterable<Journal> journals, HistoryLimits wanted, Instant end)
            throws IOException {
        Instant since = Instant.MIN;
        for (Journal journal : journals) {
            Optional<Instant> oldest = oldestUnpinned(journal);
            if (oldest.isEmpty()) {
                return;
            }
            since = since.isBefore(oldest.get()) ? oldest.get() : since;
        }
        if (since.isBefore(end)) {
            HistoryLimits shorter = new HistoryLimits(
                    Duration.between(since, end), VpgRoom.UNLIMITED, WhenFull.SHORTEN, wanted.thinning());
            for (Journal journal : journals) {
                ageOne(journal, shorter, end);
            }
        }
    }

    /** With those that are damaged: damage may be mended, and is no reason to give up what other journals have. */
    private static Optional<Instant> oldestUnpinned(Journal journal) {
        return Stream.of(journal.checkpoints(), journal.damagedCheckpoints())
                .flatMap(list -> list.stream()
                        .filter(checkpoint -> checkpoint.pinning() == Pinning.UNPINNED)
                        .limit(1))
                .map(CheckpointRecord::time)
                .min(Instant::compareTo);
    }

    private static void ageOne(Journal journal, HistoryLimits own, Instant end) throws IOException {
        try {
            boolean more = true;
            while (more) {
                AgeingResult step = journal.age(own, end);
                more = step.moreToFold() > 0 || step.moreToThin();
            }
        } catch (JournalClosedException e) {
            // Its keeper opened it anew, or the VPG is closing; the next ageing goes on with what is there then.
            LOG.atDebug().setCause(e).log("A journal was closed while it was aged");
        }
    }
}
