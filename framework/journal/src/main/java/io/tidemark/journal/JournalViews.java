package io.tidemark.journal;

import io.tidemark.journal.JournalRefusedException.Reason;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VolumeId;
import java.io.IOException;
import java.util.List;

/** Opens views of a journal. Any thread. */
final class JournalViews {
    private final JournalSpec spec;
    private final CheckpointLog checkpoints;
    private final SegmentCatalog catalog;
    private final List<BaseImage> bases;
    private final ViewMemory memory;
    private final SegmentWriter writer;

    JournalViews(JournalRecovery.Parts parts) {
        this.spec = parts.manifest().spec();
        this.checkpoints = parts.checkpoints();
        this.catalog = parts.catalog();
        this.bases = parts.bases();
        this.memory = parts.memory();
        this.writer = parts.writer();
    }

    /** A checkpoint that can be chosen. */
    CheckpointRecord find(CheckpointId id) throws JournalRefusedException {
        CheckpointTable table = checkpoints.table();
        if (table.isDamaged(id)) {
            throw new JournalRefusedException(
                    Reason.DAMAGED,
                    "checkpoint " + id + " of journal " + spec.id()
                            + " cannot be chosen: a scrub found that data which it needs is damaged. Choose another");
        }
        return table.find(id)
                .orElseThrow(
                        () -> new JournalRefusedException(
                                Reason.NO_SUCH_CHECKPOINT,
                                "journal " + spec.id() + " has no checkpoint " + id
                                        + ": it was never made here, or has aged out. List the checkpoints and choose another"));
    }

    VolumeView open(VolumeId volume, CheckpointId checkpoint) throws IOException {
        SegmentCatalog.Hold hold = catalog.hold(find(checkpoint).position(), checkpoint.value());
        try {
            // Only now is it certain that thinning, which may have taken the checkpoint away meanwhile, sees the hold.
            find(checkpoint);
        } catch (JournalRefusedException e) {
            catalog.release(hold);
            throw e;
        }
        return open(volume, hold);
    }

    /** Which blocks differ at most between two checkpoints, whichever is the older one. */
    List<BlockExtent> changedBetween(VolumeId volume, CheckpointId one, CheckpointId other) throws IOException {
        CheckpointId older = one.value() <= other.value() ? one : other;
        CheckpointId newer = one.value() <= other.value() ? other : one;
        int index = spec.indexOf(volume);
        SegmentCatalog.Hold hold = catalog.hold(find(older).position(), older.value());
        try {
            long from = find(older).position();
            long to = find(newer).position();
            return new ChangedBlocks(catalog, index, spec.volumes().get(index).sizeBytes()).between(from, to);
        } finally {
            catalog.release(hold);
        }
    }

    /** Opens a volume at the durable position. */
    VolumeView openLatest(VolumeId volume) throws IOException {
        while (true) {
            long position = writer.durablePosition();
            try {
                return open(volume, catalog.hold(position, SegmentCatalog.NO_CHECKPOINT));
            } catch (JournalRefusedException e) {
                // Ageing may have passed the position since it was asked for.
                if (position == writer.durablePosition()) {
                    throw e;
                }
            }
        }
    }

    private VolumeView open(VolumeId volume, SegmentCatalog.Hold hold) throws IOException {
        try {
            int index = spec.indexOf(volume);
            JournalVolume opened = spec.volumes().get(index);
            ViewLayers layers = new ViewLayers(catalog, hold, index, opened.sizeBytes(), memory);
            return new LayeredView(opened, hold.position(), layers, bases.get(index), () -> catalog.release(hold));
        } catch (IOException | RuntimeException e) {
            catalog.release(hold);
            throw e;
        }
    }
}
