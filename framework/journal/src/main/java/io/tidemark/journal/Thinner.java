package io.tidemark.journal;

import io.tidemark.journal.file.StoreFile;
import java.io.IOException;
import java.time.Instant;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives back the room of records that no kept checkpoint shows any more: holes are punched into sealed segments. Run by the thread that ages.
 *
 * <pre>
 *   choose ───▶ forget ────▶ say ──────────▶ punch ───▶ settle
 *   frames      checkpoint   file of the     segment    the same file:
 *               log, fsynced segment,        fsynced    room given back
 *               before       fsynced, named
 * </pre>
 *
 * <p>Each step is durable before the next begins, and each may be repeated (J8). A frame that is gone stays gone: whatever is kept later was kept
 * before. Which checkpoints decided about a segment is remembered as a fingerprint, so that nothing is looked at twice for the same ones.
 */
final class Thinner {
    private static final Logger LOG = LoggerFactory.getLogger(Thinner.class);

    /** What was done, and whether there is more to do at once. */
    record Result(int segments, long bytes, boolean more) {
        static final Result NOTHING = new Result(0, 0, false);
    }

    private final SegmentCatalog catalog;
    private final CheckpointLog checkpoints;
    private final ViewMemory memory;
    /** By segment number: the fingerprint for which nothing is left to do. */
    private final Map<Long, Long> settled = new HashMap<>();

    private boolean unsupported;

    Thinner(JournalRecovery.Parts parts) {
        this.catalog = parts.catalog();
        this.checkpoints = parts.checkpoints();
        this.memory = parts.memory();
    }

    /** @param atMost how many segments are looked through */
    Result run(Thinning thinning, Instant now, int atMost) throws IOException {
        if (thinning.isEmpty() || unsupported) {
            return Result.NOTHING;
        }
        KeptPositions kept = kept();
        List<Segment> sealed = catalog.sealed();
        settled.keySet().removeIf(number -> !catalog.covers(number));
        int segments = 0;
        int looked = 0;
        long bytes = 0;
        for (Segment segment : sealed) {
            if (segment.endPosition() > kept.newest()
                    || !kept.isSettled(segment.basePosition(), segment.endPosition(), thinning, now)) {
                continue;
            }
            long fingerprint = kept.fingerprint(segment.basePosition(), segment.endPosition());
            try {
                if (!isSettled(segment, fingerprint)) {
                    if (looked++ == atMost) {
                        return new Result(segments, bytes, true);
                    }
                    long returned = thin(segment, kept, fingerprint);
                    segments += returned > 0 ? 1 : 0;
                    bytes += returned;
                }
            } catch (JournalCorruptException e) {
                settled.put(segment.number(), fingerprint);
                LOG.atWarn()
                        .addKeyValue("segment", segment)
                        .setCause(e)
                        .log("a damaged segment is not thinned out; a scrub says what the damage takes");
            }
        }
        return new Result(segments, bytes, false);
    }

    private KeptPositions kept() {
        // In this order: a view that opens from now on finds out that its checkpoint is gone.
        CheckpointTable table = checkpoints.table();
        long newest = table.size() == 0 ? 0 : table.position(table.size() - 1);
        return new KeptPositions(table, catalog.heldForThinning(newest));
    }

    private boolean isSettled(Segment segment, long fingerprint) throws IOException {
        Long known = settled.get(segment.number());
        if (known != null) {
            return known == fingerprint;
        }
        AbsentFrames absent = segment.absent();
        boolean done = !absent.runs().isEmpty() && absent.returned() && absent.fingerprint() == fingerprint;
        if (done) {
            settled.put(segment.number(), fingerprint);
        }
        return done;
    }

    /** Finds out again what is gone where the file that said so is damaged: a fold must know. */
    void restore(Segment segment) throws IOException {
        KeptPositions kept = kept();
        if (segment.absent().damaged() && segment.endPosition() <= kept.newest()) {
            thin(segment, kept, kept.fingerprint(segment.basePosition(), segment.endPosition()));
        }
    }

    /** @return the bytes that were given back */
    private long thin(Segment segment, KeptPositions kept, long fingerprint) throws IOException {
        AbsentFrames absent = segment.absent();
        List<AbsentFrames.Run> runs = AbsentFrames.runs(removable(segment, kept, absent));
        long returned = 0;
        if (!runs.equals(absent.runs()) || absent.damaged() || !absent.returned()) {
            AbsentFrames next = new AbsentFrames(runs, fingerprint, false, false);
            segment.setAbsent(next);
            returned = giveBack(segment, next);
            segment.setAbsent(next.whenReturned());
        }
        settled.put(segment.number(), fingerprint);
        return returned;
    }

    private SortedMap<Long, BitSet> removable(Segment segment, KeptPositions kept, AbsentFrames absent)
            throws IOException {
        SegmentCatalog.Hold hold = catalog.pin();
        try {
            while (true) {
                try {
                    return new SegmentLiveness(catalog, segment, kept, memory).removable(absent);
                } catch (DamagedIndexException e) {
                    e.report();
                }
            }
        } catch (InternalError e) {
            // See MappedIndex: compiled code may throw it late.
            throw new IOException(
                    "an index that thinning needs could not be read. See the system's log for errors of the disk", e);
        } finally {
            catalog.release(hold);
        }
    }

    private long giveBack(Segment segment, AbsentFrames absent) throws IOException {
        return segment.withFile(file -> {
            long before = file.allocatedBytes();
            for (AbsentFrames.Run run : absent.runs()) {
                BatchFrames frames = new BatchFrames(run.batchOffset(), segment.tablesAt(run.batchOffset()));
                long start = frames.holeStart(run.firstFrame());
                if (!punch(file, start, frames.holeEnd(run.endFrame()) - start)) {
                    break;
                }
            }
            file.sync();
            return before - file.allocatedBytes();
        });
    }

    private boolean punch(StoreFile file, long offset, long lengthBytes) throws IOException {
        if (!file.punchHole(offset, lengthBytes)) {
            unsupported = true;
            LOG.atWarn()
                    .addKeyValue("segment", file.path())
                    .log("this file system cannot give back room inside a file; thinned checkpoints free none");
            return false;
        }
        return true;
    }
}
