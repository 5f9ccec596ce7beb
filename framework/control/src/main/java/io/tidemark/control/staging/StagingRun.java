package io.tidemark.control.staging;

import io.tidemark.control.checkpoint.CheckpointHolds;
import io.tidemark.control.dataplane.JournalStore;
import io.tidemark.control.dataplane.JournalStore.JournalCheckpoint;
import io.tidemark.control.dataplane.ProtectedVpg.MemberVolume;
import io.tidemark.control.vpg.Vpg;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.recovery.ChangesSince;
import io.tidemark.spi.recovery.PreStaging;
import io.tidemark.spi.recovery.StagedPoint;
import io.tidemark.spi.recovery.StagingRequest;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.DoubleAccumulator;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the newest checkpoint of a VPG to its target, one volume after the other, and removes what is of no more use there.
 *
 * <pre>
 *   note the checkpoint ▶ keep it from ageing ▶ stage each volume ▶ note that it is complete ▶ let older ones age ▶ forget useless points
 * </pre>
 *
 * Repeated after a kill at any place it goes on: with the noted checkpoint as long as the journal has it, and without the volumes that
 * are at the target. The newest complete checkpoint stays kept from ageing, so that the journal can tell what changed since.
 */
final class StagingRun {
    private static final Logger LOG = LoggerFactory.getLogger(StagingRun.class);

    private static final Duration LONGEST_SILENCE = Duration.ofMinutes(30);

    private final Vpg vpg;
    private final PreStaging target;
    private final JournalStore journals;
    private final StagingTable table;
    private final CheckpointHolds holds;
    private final NearestStaged nearest;
    private final Clock clock;
    private final Duration callLimit;
    private final BooleanSupplier ended;

    /**
     * @param callLimit of one call of the target; staging a volume takes as many as it needs
     * @param ended whether the VPG is being deleted
     */
    StagingRun(
            Vpg vpg,
            PreStaging target,
            JournalStore journals,
            StagingTable table,
            CheckpointHolds holds,
            Clock clock,
            Duration callLimit,
            BooleanSupplier ended) {
        this.vpg = vpg;
        this.target = target;
        this.journals = journals;
        this.table = table;
        this.holds = holds;
        this.nearest = new NearestStaged(journals);
        this.clock = clock;
        this.callLimit = callLimit;
        this.ended = ended;
    }

    /** Stages a checkpoint, unless the newest is staged already or there is none. */
    void run(DoubleConsumer progress) throws ProviderException {
        letOlderOnesAge();
        Optional<JournalCheckpoint> wanted = wanted(table.all(vpg.id()));
        if (wanted.isEmpty()) {
            return;
        }
        CheckpointId checkpoint = wanted.get().id();
        table.begin(vpg.id(), checkpoint, wanted.get().time(), clock.instant());
        holds.keep(vpg.id(), checkpoint);
        List<StagedPoint> points = new ArrayList<>(target.staged(vpg.id(), limit()));
        List<MemberVolume> volumes = volumes();
        for (int i = 0; i < volumes.size(); i++) {
            if (ended.getAsBoolean()) {
                return;
            }
            int done = i;
            stage(volumes.get(i), checkpoint, points, fraction -> progress.accept((done + fraction) / volumes.size()));
        }
        table.complete(vpg.id(), checkpoint, clock.instant());
        LOG.atInfo()
                .addKeyValue("vpg", vpg.id())
                .addKeyValue("checkpoint", checkpoint)
                .log("A checkpoint was staged");
        letOlderOnesAge();
        forgetUseless(points);
    }

    /** The one that was begun, else the newest, if it is not staged. */
    private Optional<JournalCheckpoint> wanted(List<StagedCheckpoint> rows) throws ProviderException {
        List<JournalCheckpoint> selectable = journals.checkpoints(vpg.id());
        for (StagedCheckpoint row : rows) {
            if (row.completed().isEmpty()) {
                Optional<JournalCheckpoint> begun = selectable.stream()
                        .filter(known -> known.id().equals(row.checkpoint()))
                        .findFirst();
                if (begun.isPresent()) {
                    return begun;
                }
                // Aged or damaged between the note and the pin: what came of it at the target is as good as any other.
                table.remove(vpg.id(), row.checkpoint());
            }
        }
        return selectable.isEmpty()
                ? Optional.empty()
                : Optional.of(selectable.getLast()).filter(newest -> rows.stream()
                        .noneMatch(row -> row.checkpoint().equals(newest.id())));
    }

    private List<MemberVolume> volumes() {
        return vpg.definition().members().stream()
                .flatMap(member -> member.member().volumes().stream())
                .toList();
    }

    private void stage(MemberVolume volume, CheckpointId checkpoint, List<StagedPoint> points, DoubleConsumer progress)
            throws ProviderException {
        boolean there = points.stream()
                .anyMatch(point ->
                        point.volume().equals(volume.id()) && point.checkpoint().equals(checkpoint));
        if (there) {
            return;
        }
        Optional<ChangesSince> changes = nearest.find(vpg.id(), volume.id(), checkpoint, points);
        try (BlockDevice source = journals.openView(vpg.id(), checkpoint, volume.id())) {
            StagingRequest request = new StagingRequest(vpg.id(), volume.id(), checkpoint, source, changes);
            points.add(stageInCalls(request, progress));
        } catch (IOException e) {
            throw new ProviderException(
                    FailureKind.RETRY_LATER,
                    "Volume " + volume.id() + " was not staged",
                    "its view could not be closed: " + e.getMessage(),
                    "See this site's storage; it is tried again.",
                    e);
        }
    }

    /**
     * In calls with short limits, so that a deletion never waits long; each goes on where the one before it was. A target may be silent for a
     * while, for example until it has finished what is written; only a long silence is a failure.
     */
    private StagedPoint stageInCalls(StagingRequest request, DoubleConsumer progress) throws ProviderException {
        // The target may tell from several threads.
        DoubleAccumulator reached = new DoubleAccumulator(Math::max, 0);
        double before = 0;
        long movedAtNanos = System.nanoTime();
        while (true) {
            Deadline limit = limit();
            try {
                return target.stage(
                        request,
                        fraction -> {
                            reached.accumulate(fraction);
                            progress.accept(reached.get());
                        },
                        limit);
            } catch (ProviderException e) {
                if (reached.get() > before) {
                    before = reached.get();
                    movedAtNanos = System.nanoTime();
                }
                boolean later = e.kind() == FailureKind.RETRY_LATER || e.kind() == FailureKind.UNREACHABLE;
                boolean patient = System.nanoTime() - movedAtNanos < LONGEST_SILENCE.toNanos();
                if (!later || !limit.passed() || !patient || ended.getAsBoolean()) {
                    throw e;
                }
            }
        }
    }

    /** Only the newest complete checkpoint is kept, and one that is not complete. */
    private void letOlderOnesAge() throws ProviderException {
        List<StagedCheckpoint> complete = table.all(vpg.id()).stream()
                .filter(row -> row.completed().isPresent())
                .toList();
        for (int i = 0; i < complete.size() - 1; i++) {
            letGo(complete.get(i).checkpoint());
        }
    }

    private void letGo(CheckpointId older) throws ProviderException {
        try {
            var _ = holds.endStaging(vpg.id(), older);
        } catch (ProviderException e) {
            if (e.kind() != FailureKind.REJECTED) {
                throw e;
            }
            // The journal has it no more: damaged, or the journal was made anew.
        }
        table.remove(vpg.id(), older);
    }

    private void forgetUseless(List<StagedPoint> points) throws ProviderException {
        List<JournalCheckpoint> selectable = journals.checkpoints(vpg.id());
        if (selectable.isEmpty()) {
            return;
        }
        Set<VolumeId> volumes = new HashSet<>();
        volumes().forEach(volume -> volumes.add(volume.id()));
        List<StagedPoint> useless =
                UselessPoints.among(points, volumes, selectable.getFirst().id());
        if (!useless.isEmpty()) {
            target.forget(useless, limit());
        }
    }

    /** Removes all that is staged, and lets its checkpoints age. */
    void forgetAll() throws ProviderException {
        target.forgetAll(vpg.id(), limit());
        for (StagedCheckpoint row : table.all(vpg.id())) {
            letGo(row.checkpoint());
        }
    }

    private Deadline limit() {
        return Deadline.after(callLimit);
    }
}
