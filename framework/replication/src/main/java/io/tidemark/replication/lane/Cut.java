package io.tidemark.replication.lane;

import io.tidemark.journal.CheckpointRecord;
import io.tidemark.spi.id.CheckpointId;
import java.time.Instant;

/**
 * One tick of a VPG's cut counter, with what the checkpoint at it will be called.
 *
 * <p>Publishing a new cut is the increment of DESIGN §4: every lane reads the current cut inside its append section, and the first
 * append that sees a new one puts the barrier before itself. A write outside the cut read the new tick before it was acknowledged, so
 * whatever the guests issue after that acknowledgement, on any VM, reads it too.
 */
public record Cut(long tick, CheckpointId id, Instant time, CheckpointRecord.Kind kind, String tag) {
    /** What a VPG starts with: no barrier belongs to it. */
    public static final Cut NONE = new Cut(0, new CheckpointId(1), Instant.EPOCH, CheckpointRecord.Kind.AUTOMATIC, "");
}
