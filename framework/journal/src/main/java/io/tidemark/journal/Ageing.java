package io.tidemark.journal;

import io.tidemark.journal.file.StoreFile;
import io.tidemark.journal.file.StoreFiles;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves the floor of a journal: what is too old goes from the segments into the base images. Run by one thread at a
 * time, beside the owner, who waits for it at most while a checkpoint is added and this decides what may go.
 *
 * <pre>
 *   expire ──▶ announce ──▶ fold ──▶ record ──▶ delete
 *   log entry  manifest:    images   manifest:  segment
 *   fsynced    view floor   fsynced  floor      files
 * </pre>
 *
 * <p>Each step is durable before the next begins (J3), and each may be repeated (J8): after a crash the checkpoints that were to go are gone or
 * not, no view opens before the announced floor, segments between the two floors are folded again, and those below the recorded floor are
 * deleted. Where history is thinned out, {@link Thinner} gives room back afterwards.
 */
final class Ageing {
    private static final Logger LOG = LoggerFactory.getLogger(Ageing.class);

    /** Payload that is kept while a fold lasts: frames hold several extents, and are needed in another order than they lie. */
    private static final long CACHE_BYTES = 64 << 20;

    private static final int MAX_UNREADABLE = 3;

    /** Bounds how many fsyncs of the checkpoint log one call makes. */
    private static final int MAX_THINNING_ENTRIES = 16;

    private final StoreFiles files;
    private final JournalConfig config;
    private final CheckpointLog checkpoints;
    private final SegmentCatalog catalog;
    private final SegmentWriter writer;
    private final ConsistencyTimeline consistency;
    private final List<BaseImage> bases;
    private final SpareSegments spares;
    private final ManifestFile manifest;
    private final ReentrantLock history;
    private final Thinner thinner;

    /** @param history held while it is decided which checkpoints and positions stay */
    Ageing(
            StoreFiles files,
            JournalConfig config,
            JournalRecovery.Parts parts,
            ManifestFile manifest,
            ReentrantLock history) {
        this.files = files;
        this.config = config;
        this.checkpoints = parts.checkpoints();
        this.catalog = parts.catalog();
        this.writer = parts.writer();
        this.consistency = parts.consistency();
        this.bases = parts.bases();
        this.spares = parts.spares();
        this.manifest = manifest;
        this.history = history;
        this.thinner = new Thinner(parts);
    }

    /** What was decided, while nothing else could change the history. */
    private record Plan(int expired, long limit, List<Segment> chosen) {}

    /** Ages by time alone. */
    AgeingResult run(Instant keepSince) throws IOException {
        return run(keepSince, 0, Thinning.NONE, keepSince);
    }

    /** Ages by time, and by size where that is to give way. */
    AgeingResult run(Instant now, HistoryLimits limits, SpaceUse use) throws IOException {
        long excess = use.totalBytes() - limits.maxBytes();
        long keepFromPosition = 0;
        if (excess > 0 && limits.whenFull() == HistoryLimits.WhenFull.SHORTEN) {
            excess -= spares.deleteAll();
            if (excess > 0) {
                keepFromPosition = catalog.startAfter(Math.ceilDiv(excess, config.segmentBytes()));
            }
        }
        return run(now.minus(limits.history()), keepFromPosition, limits.thinning(), now);
    }

    private AgeingResult run(Instant keepSince, long keepFromPosition, Thinning thinning, Instant now)
            throws IOException {
        Plan plan = plan(keepSince, keepFromPosition);
        int thinned = thinCheckpoints(thinning, now);
        if (!plan.chosen.isEmpty()) {
            long floor = plan.chosen.getLast().endPosition();
            fold(plan.chosen);
            // J3: recorded only now, after the images are fsynced.
            manifest.update(current -> current.withFloors(floor, floor));
            catalog.retire(plan.chosen);
            history.lock();
            try {
                consistency.forgetBefore(floor);
            } finally {
                history.unlock();
            }
        }
        Released released = release();
        Thinner.Result result = thinner.run(thinning, now, config.segmentsPerAgeing());
        return new AgeingResult(
                plan.expired,
                thinned,
                plan.chosen.size(),
                released.segments,
                released.bytes,
                manifest.current().floorPosition(),
                catalog.foldable(plan.limit),
                result.segments(),
                result.bytes(),
                result.more());
    }

    /** Durably takes the checkpoints away that are thinned out, a bounded number at a time. @return how many */
    private int thinCheckpoints(Thinning thinning, Instant now) throws IOException {
        int thinned = 0;
        boolean more = !thinning.isEmpty();
        for (int i = 0; i < MAX_THINNING_ENTRIES && more; i++) {
            // The owner, who may want to add a checkpoint, waits for one entry at most.
            history.lock();
            try {
                List<IdRange> chosen = new CheckpointThinning(
                                checkpoints.table(), thinning, now, catalog.heldCheckpoints())
                        .choose(CheckpointEntry.Thin.MAX_RANGES);
                thinned += chosen.isEmpty() ? 0 : checkpoints.thin(chosen);
                more = chosen.size() == CheckpointEntry.Thin.MAX_RANGES;
            } finally {
                history.unlock();
            }
        }
        return thinned;
    }

    private Plan plan(Instant keepSince, long keepFromPosition) throws IOException {
        history.lock();
        try {
            CheckpointTable table = checkpoints.table();
            long kept = Math.max(table.firstIdSince(keepSince), table.firstIdFrom(keepFromPosition));
            long bound = Math.min(kept, catalog.oldestHeldCheckpoint());
            int expired = checkpoints.expireBefore(bound);
            long limit = foldingLimit();
            List<Segment> chosen = catalog.chooseForFolding(limit, config.segmentsPerAgeing());
            if (!chosen.isEmpty()) {
                long floor = chosen.getLast().endPosition();
                manifest.update(current -> floor > current.viewFloorPosition()
                        ? current.withFloors(current.floorPosition(), floor)
                        : current);
            }
            return new Plan(expired, limit, chosen);
        } finally {
            history.unlock();
        }
    }

    /** Files that went. */
    private record Released(int segments, long bytes) {}

    private Released release() throws IOException {
        List<Segment> unused = catalog.takeUnused();
        long freedBytes = 0;
        int deleted = 0;
        for (Segment segment : unused) {
            long lengthBytes = segment.withFile(StoreFile::lengthBytes);
            segment.close();
            if (spares.recycle(segment.number(), segment.path(), lengthBytes)) {
                freedBytes += lengthBytes;
                deleted++;
            }
        }
        deleteUnusedRuns();
        checkpoints.compactIfWorthIt();
        return new Released(deleted, freedBytes);
    }

    private void deleteUnusedRuns() {
        for (ExtentRun run : catalog.takeUnusedRuns()) {
            try {
                files.delete(run.path());
            } catch (IOException e) {
                // The next start deletes it; nothing relies on it.
                LOG.atWarn().addKeyValue("run", run.path()).setCause(e).log("a merged index could not be deleted");
            }
        }
    }

    /** The position that must stay readable: that of the oldest checkpoint, or where the first one may come to lie. */
    private long foldingLimit() {
        long durable = writer.durablePosition();
        long first = checkpoints
                .table()
                .oldest()
                .map(CheckpointRecord::position)
                .orElseGet(() -> consistency.latestSince().orElse(durable));
        return Math.min(first, durable);
    }

    private void fold(List<Segment> chosen) throws IOException {
        for (Segment segment : chosen) {
            thinner.restore(segment);
        }
        // In the order of the volume they are read all over the place, which a disk is slow at.
        for (Segment segment : chosen) {
            segment.willRead();
        }
        PayloadReader payload = new PayloadReader(catalog, CACHE_BYTES);
        for (int i = 0; i < bases.size(); i++) {
            boolean folded = false;
            int unreadable = 0;
            while (!folded) {
                try {
                    fold(chosen, i, payload);
                    folded = true;
                } catch (DamagedIndexException e) {
                    // Folding twice is as good as once (J8).
                    e.report();
                } catch (InternalError e) {
                    if (++unreadable == MAX_UNREADABLE) {
                        throw new IOException(
                                "an index that a fold needs cannot be read. See the system's log for errors of the disk",
                                e);
                    }
                    chosen.forEach(segment -> segment.distrustIfUnreadable(e));
                }
            }
        }
    }

    private void fold(List<Segment> chosen, int volume, PayloadReader payload) throws IOException {
        List<ExtentLayer> layers = new ArrayList<>();
        for (Segment segment : chosen.reversed()) {
            layers.add(segment.layer(volume));
        }
        new BaseImageFold(bases.get(volume), new LayerReader(layers, payload)).run();
    }
}
