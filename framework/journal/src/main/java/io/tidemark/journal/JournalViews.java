package io.tidemark.journal;

import io.tidemark.journal.JournalRefusedException.Reason;
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

    JournalViews(JournalRecovery.Parts parts) {
        this.spec = parts.manifest().spec();
        this.checkpoints = parts.checkpoints();
        this.catalog = parts.catalog();
        this.bases = parts.bases();
        this.memory = parts.memory();
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
        return open(volume, find(checkpoint).position(), checkpoint.value());
    }

    /** @param checkpointId the checkpoint that must not expire meanwhile, or {@link SegmentCatalog#NO_CHECKPOINT} */
    VolumeView open(VolumeId volume, long position, long checkpointId) throws IOException {
        int index = spec.indexOf(volume);
        JournalVolume opened = spec.volumes().get(index);
        SegmentCatalog.Hold hold = catalog.hold(position, checkpointId);
        try {
            ViewLayers layers = new ViewLayers(catalog, hold, index, opened.sizeBytes(), memory);
            return new LayeredView(opened, position, layers, bases.get(index), () -> catalog.release(hold));
        } catch (IOException | RuntimeException e) {
            catalog.release(hold);
            throw e;
        }
    }
}
