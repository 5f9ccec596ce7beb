package io.tidemark.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads a whole journal, says where it is damaged, and finds out which checkpoints need what is damaged. Run by any thread beside all others.
 *
 * <p>A byte that was written is seen by the checkpoints from there to the one before which it was written again. So those that need a damaged
 * batch follow each other, and the last of them is found by halving.
 */
final class Scrub {
    /** Checkpoints from one id to another. */
    private record Marked(long firstId, long lastId) {}

    private final Manifest manifest;
    private final SegmentCatalog catalog;
    private final CheckpointLog checkpoints;
    private final List<BaseImage> bases;
    private final ViewMemory memory;
    private final List<JournalDamage> damages = new ArrayList<>();
    private final List<Marked> marked = new ArrayList<>();
    private long bytesRead;

    Scrub(Manifest manifest, JournalRecovery.Parts parts) {
        this.manifest = manifest;
        this.catalog = parts.catalog();
        this.checkpoints = parts.checkpoints();
        this.bases = parts.bases();
        this.memory = parts.memory();
    }

    /** @param durablePosition nothing beyond it is looked at */
    void run(long durablePosition) throws IOException {
        SegmentCatalog.Hold hold = catalog.pin();
        try {
            for (Segment segment : catalog.segments()) {
                boolean hasEnded = segment.number() < catalog.active().number();
                long end = hasEnded ? Math.min(segment.endPosition(), durablePosition) : durablePosition;
                // What was sealed only now is looked at as it was when this began.
                boolean sealed = hasEnded && end == segment.endPosition();
                SegmentCheck check = new SegmentCheck(segment, manifest.spec());
                if (end > segment.basePosition()) {
                    for (JournalDamage damage : check.run(end, sealed)) {
                        damages.add(damage);
                        markThoseThatNeed(damage, segment);
                    }
                }
                bytesRead += check.bytesRead();
            }
            for (int i = 0; i < bases.size(); i++) {
                readBase(i);
            }
        } finally {
            catalog.release(hold);
        }
    }

    private void markThoseThatNeed(JournalDamage damage, Segment segment) throws IOException {
        if (damage.isHarmless()) {
            return;
        }
        CheckpointTable table = checkpoints.table();
        int first = table.firstBeyond(damage.firstPosition());
        int last = table.firstBeyond(damage.endPosition() - 1);
        if (damage.offset() == 0) {
            // Nothing is known of what was written there.
            last = table.size();
        } else {
            RecordLog.Snapshot records = segment.records(damage.endPosition());
            last = endOfThose(table, last, (layers, volume) -> showsBatch(layers, volume, damage, segment, records));
        }
        if (first < last) {
            marked.add(new Marked(
                    table.get(first).id().value(), table.get(last - 1).id().value()));
        }
    }

    /** Durably takes the checkpoints that need what is damaged out of those that can be chosen, or all back in where nothing is. */
    ScrubReport mark() throws IOException {
        for (Marked range : marked) {
            checkpoints.mark(range.firstId, range.lastId, true);
        }
        boolean marks = !checkpoints.table().damaged().isEmpty();
        if (marks && damages.stream().allMatch(JournalDamage::isHarmless)) {
            checkpoints.mark(0, Long.MAX_VALUE, false);
        }
        return new ScrubReport(bytesRead, damages, checkpoints.table().damaged().size());
    }

    /** Whether a view shows something. */
    private interface Shown {
        boolean in(ViewLayers layers, int volume) throws IOException;
    }

    /** The end of the checkpoints from an index on that show something, which once gone does not come back. */
    private int endOfThose(CheckpointTable table, int from, Shown shown) throws IOException {
        int low = from;
        int high = table.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (isShown(table.get(middle), shown)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private boolean isShown(CheckpointRecord checkpoint, Shown shown) throws IOException {
        SegmentCatalog.Hold hold;
        try {
            hold = catalog.hold(checkpoint.position(), checkpoint.id().value());
        } catch (JournalRefusedException e) {
            return false; // It has aged out.
        }
        try {
            if (checkpoints.table().find(checkpoint.id()).isEmpty()) {
                return false; // It was thinned out before it was held.
            }
            for (int volume = 0; volume < bases.size(); volume++) {
                long size = manifest.spec().volumes().get(volume).sizeBytes();
                if (shown.in(new ViewLayers(catalog, hold, volume, size, memory), volume)) {
                    return true;
                }
            }
            return false;
        } finally {
            catalog.release(hold);
        }
    }

    private static boolean showsBatch(
            ViewLayers layers, int volume, JournalDamage damage, Segment segment, RecordLog.Snapshot records)
            throws IOException {
        int from = Math.toIntExact(damage.firstPosition() - segment.basePosition());
        for (int i = from; i < records.size(); i++) {
            if (records.volume(i) == volume && shows(layers, segment, records, i)) {
                return true;
            }
        }
        return false;
    }

    private static boolean shows(ViewLayers layers, Segment segment, RecordLog.Snapshot records, int record)
            throws IOException {
        long start = records.start(record);
        for (LayerReader.Piece piece : layers.resolve(start, start + records.lengthBytes(record))) {
            if (piece instanceof LayerReader.Piece.Data data
                    && data.segment() == segment.number()
                    && data.place() >>> 32 == records.place(record) >>> 32) {
                return true;
            }
        }
        return false;
    }

    private void readBase(int volume) throws IOException {
        BaseImage base = bases.get(volume);
        ByteBuffer block = ByteBuffer.allocate(BaseImage.BLOCK_BYTES);
        for (long at = 0; at < base.sizeBytes(); at += BaseImage.BLOCK_BYTES) {
            if (!base.isZeroAt(at)) {
                block.clear().limit((int) Math.min(BaseImage.BLOCK_BYTES, base.sizeBytes() - at));
                try {
                    base.read(at, block);
                    bytesRead += block.limit();
                } catch (IOException e) {
                    baseDamaged(volume, at, at + block.limit(), e);
                }
            }
        }
    }

    private void baseDamaged(int volume, long start, long end, IOException cause) throws IOException {
        damages.add(new JournalDamage(
                bases.get(volume).path(), start, 0, manifest.floorPosition(), String.valueOf(cause.getMessage())));
        CheckpointTable table = checkpoints.table();
        int last = endOfThose(
                table,
                0,
                (layers, shownVolume) -> shownVolume == volume
                        && layers.resolve(start, end).stream().anyMatch(LayerReader.Piece.Below.class::isInstance));
        if (last > 0) {
            marked.add(new Marked(
                    table.get(0).id().value(), table.get(last - 1).id().value()));
        }
    }
}
