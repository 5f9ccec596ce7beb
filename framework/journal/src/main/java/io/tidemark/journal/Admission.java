package io.tidemark.journal;

import io.tidemark.journal.JournalRefusedException.Reason;
import io.tidemark.journal.batch.Batch;
import io.tidemark.journal.batch.BatchCheck;
import io.tidemark.journal.batch.BatchRecord;
import io.tidemark.journal.batch.CorruptBatchException;
import io.tidemark.journal.batch.RecordType;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Says which batches and checkpoints a journal takes, skips and refuses. Changes nothing; run by the owner. */
final class Admission {
    private final JournalSpec spec;
    private final SegmentWriter writer;
    private final CheckpointLog checkpoints;
    private final ConsistencyTimeline consistency;
    private final SegmentCatalog catalog;
    private final long[] sizes;

    Admission(JournalRecovery.Parts parts) {
        this.spec = parts.manifest().spec();
        this.writer = parts.writer();
        this.checkpoints = parts.checkpoints();
        this.consistency = parts.consistency();
        this.catalog = parts.catalog();
        this.sizes = spec.volumes().stream().mapToLong(JournalVolume::sizeBytes).toArray();
    }

    /** Verifies all of a batch, its inflated payload included. */
    Batch verify(ByteBuffer bytes) throws JournalRefusedException {
        try {
            Batch batch = Batch.parse(bytes);
            batch.verifyPayload();
            for (BatchRecord record : batch.records()) {
                if (!Segment.fits(record, spec)) {
                    throw new JournalRefusedException(
                            Reason.BAD_RECORD,
                            "the journal of " + spec.id() + " has no place for " + record + ": its volumes are "
                                    + spec.volumes());
                }
            }
            return batch;
        } catch (CorruptBatchException e) {
            throw new JournalRefusedException(
                    Reason.CORRUPT_BATCH, "the batch was refused: " + e.getMessage() + ". Send it again", e);
        }
    }

    /** Whether all records of a verified batch lie inside the journal's volumes. */
    boolean fits(BatchCheck batch) {
        for (int i = 0; i < batch.recordCount(); i++) {
            int type = batch.typeCode(i);
            boolean marker = type == RecordType.SYNC_BEGIN_CODE || type == RecordType.SYNC_END_CODE;
            int volume = batch.volumeIndex(i);
            if (!marker && (volume >= sizes.length || batch.offset(i) + batch.lengthBytes(i) > sizes[volume])) {
                return false;
            }
        }
        return true;
    }

    /** Whether a batch continues the journal; false if the journal has it already (J8). */
    boolean isNew(long firstPosition, long endPosition, long epoch) throws JournalRefusedException {
        long appended = writer.appendedPosition();
        if (epoch < writer.epoch()) {
            throw new JournalRefusedException(
                    Reason.OLD_EPOCH,
                    "batch " + firstPosition + "…" + endPosition + " is of epoch " + epoch + ", and epoch "
                            + writer.epoch() + " has begun: its sender no longer owns this VPG"); // J7
        }
        if (endPosition <= appended) {
            return false;
        }
        if (firstPosition > appended) {
            throw new JournalRefusedException(
                    Reason.GAP,
                    "batch " + firstPosition + "…" + endPosition + " would leave a gap: the journal ends at position "
                            + appended + ". Send again from there");
        }
        if (firstPosition < appended) {
            throw new JournalRefusedException(
                    Reason.PARTIAL_OVERLAP,
                    "batch " + firstPosition + "…" + endPosition + " overlaps the journal, which ends at position "
                            + appended + ", in part. Send batches again as they were");
        }
        return true;
    }

    /** Whether a checkpoint is to be added; false if the journal has it already (J8). */
    boolean isNew(CheckpointRecord checkpoint, long viewFloorPosition) throws IOException {
        CheckpointTable table = checkpoints.table();
        CheckpointRecord same = table.find(checkpoint.id()).orElse(null);
        if (same != null && same.withPinning(checkpoint.pinning()).equals(checkpoint)) {
            return false;
        }
        long position = checkpoint.position();
        if (position > writer.durablePosition()) {
            throw new JournalRefusedException(
                    Reason.NOT_DURABLE,
                    checkpoint + " lies beyond the durable position " + writer.durablePosition()
                            + ". Sync first"); // J5
        }
        CheckpointRecord newest = table.newest().orElse(null);
        boolean grows = newest == null || (checkpoint.id().compareTo(newest.id()) > 0 && position >= newest.position());
        if (!grows || position < viewFloorPosition) {
            throw new JournalRefusedException(
                    Reason.NOT_GROWING,
                    checkpoint + " does not come after the newest checkpoint, " + newest + ", and the floor, position "
                            + viewFloorPosition);
        }
        if (sinceAt(position) == ConsistencyTimeline.INCONSISTENT) {
            throw new JournalRefusedException(
                    Reason.INCONSISTENT,
                    checkpoint + " lies inside a sync: the contents there are none that the VM ever had"); // J6
        }
        return true;
    }

    private long sinceAt(long position) throws IOException {
        return consistency.knows(position)
                ? consistency.sinceAt(position)
                : catalog.before(position).consistentSinceAt(position);
    }
}
