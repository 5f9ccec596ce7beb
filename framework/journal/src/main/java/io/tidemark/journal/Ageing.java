package io.tidemark.journal;

import io.tidemark.journal.file.StoreFile;
import io.tidemark.journal.file.StoreFiles;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves the floor of a journal: what is too old goes from the segments into the base images. Run by the journal's owner.
 *
 * <pre>
 *   expire ──▶ announce ──▶ fold ──▶ record ──▶ delete
 *   log entry  manifest:    images   manifest:  segment
 *   fsynced    view floor   fsynced  floor      files
 * </pre>
 *
 * <p>Each step is durable before the next begins (J3), and each may be repeated (J8): after a crash the checkpoints that were to go are gone or
 * not, no view opens before the announced floor, segments between the two floors are folded again, and those below the recorded floor are
 * deleted.
 */
final class Ageing {
    private static final Logger LOG = LoggerFactory.getLogger(Ageing.class);

    private final StoreFiles files;
    private final JournalLayout layout;
    private final JournalConfig config;
    private final CheckpointLog checkpoints;
    private final SegmentCatalog catalog;
    private final SegmentWriter writer;
    private final ConsistencyTimeline consistency;
    private final List<BaseImage> bases;
    private final SpareSegments spares;
    private final PayloadReader payload;

    Ageing(StoreFiles files, JournalLayout layout, JournalConfig config, JournalRecovery.Parts parts) {
        this.files = files;
        this.layout = layout;
        this.config = config;
        this.checkpoints = parts.checkpoints();
        this.catalog = parts.catalog();
        this.writer = parts.writer();
        this.consistency = parts.consistency();
        this.bases = parts.bases();
        this.spares = parts.spares();
        this.payload = parts.memory().payload();
    }

    /** Receives each new manifest as soon as it is durable. */
    interface ManifestSink {
        void accept(Manifest manifest);
    }

    AgeingResult run(Instant keepSince, Manifest before, ManifestSink sink) throws IOException {
        long bound = Math.min(checkpoints.table().firstIdSince(keepSince), catalog.oldestHeldCheckpoint());
        int expired = checkpoints.expireBefore(bound);
        long limit = foldingLimit();
        List<Segment> chosen = catalog.chooseForFolding(limit, config.segmentsPerAgeing());
        Manifest manifest = before;
        if (!chosen.isEmpty()) {
            long floor = chosen.getLast().endPosition();
            if (floor > manifest.viewFloorPosition()) {
                manifest = manifest.withFloors(manifest.floorPosition(), floor);
                manifest.write(files, layout.manifest());
                sink.accept(manifest);
            }
            fold(chosen);
            manifest = manifest.withFloors(floor, floor);
            manifest.write(files, layout.manifest()); // J3: recorded only now, after the images are fsynced
            sink.accept(manifest);
            catalog.retire(chosen);
            consistency.forgetBefore(floor);
        }
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
        return new AgeingResult(
                expired, chosen.size(), deleted, freedBytes, manifest.floorPosition(), catalog.foldable(limit));
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
        for (int i = 0; i < bases.size(); i++) {
            boolean folded = false;
            while (!folded) {
                try {
                    fold(chosen, i);
                    folded = true;
                } catch (DamagedIndexException e) {
                    // Folding twice is as good as once (J8).
                    e.report();
                }
            }
        }
    }

    private void fold(List<Segment> chosen, int volume) throws IOException {
        List<ExtentLayer> layers = new ArrayList<>();
        for (Segment segment : chosen.reversed()) {
            layers.add(segment.layer(volume));
        }
        new BaseImageFold(bases.get(volume), new LayerReader(layers, payload)).run();
    }
}
