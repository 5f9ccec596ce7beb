package io.tidemark.replication.lane;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.CheckpointId;

/** What a lane tells its owners. Called with no lane lock held; returns at once. */
public interface LaneEvents {
    /** The state, or the words for it, changed: read {@link Lane#status()}. */
    void onLaneChanged(Lane lane);

    /** The checkpoint is durable in this lane's journal. */
    void onCheckpointDurable(Lane lane, CheckpointId checkpoint);

    /** The recovery site has taken the VPG over; this lane has stopped for good (J7). */
    void onFenced(Lane lane, ProviderException refusal);
}
