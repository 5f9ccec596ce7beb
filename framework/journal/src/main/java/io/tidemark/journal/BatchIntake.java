package io.tidemark.journal;

import io.tidemark.journal.batch.Batch;
import io.tidemark.journal.batch.BatchCheck;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The way of a batch into the journal: copied to the buffer that it will be written from, verified there, judged, appended. Run by the owner; no
 * garbage for a batch that is taken.
 */
final class BatchIntake {
    private final Admission admission;
    private final SegmentWriter writer;

    BatchIntake(Admission admission, SegmentWriter writer) {
        this.admission = admission;
        this.writer = writer;
    }

    /** @return the position after the last record of the journal */
    long append(ByteBuffer batch) throws IOException {
        int lengthBytes = batch.remaining();
        if (!writer.takesStaged(lengthBytes)) {
            return appendLong(batch);
        }
        BatchCheck check = writer.stage(batch);
        if (!check.verify(writer.stagedAt(), lengthBytes) || !admission.fits(check)) {
            throw refusal(batch);
        }
        if (admission.isNew(check.firstPosition(), check.endPosition(), check.epoch())) {
            writer.commit(check, lengthBytes);
        }
        return writer.appendedPosition();
    }

    private long appendLong(ByteBuffer batch) throws IOException {
        Batch verified = admission.verify(batch);
        var header = verified.header();
        if (admission.isNew(header.firstPosition(), header.endPosition(), header.epoch())) {
            writer.append(verified);
        }
        return writer.appendedPosition();
    }

    /** Why a batch is not taken: the slow check says it in words. */
    private IllegalStateException refusal(ByteBuffer batch) throws JournalRefusedException {
        Batch verified = admission.verify(batch);
        return new IllegalStateException("two checks of batch " + verified.header() + " disagree");
    }
}
