package io.tidemark.replication;

import io.tidemark.replication.lane.LaneStatus;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VmId;

/** Hears about one replicated VPG. Called on data-plane threads; returns at once; never throws. */
public interface ReplicationListener {
    void onStatus(VmId vm, LaneStatus status);

    /** Durable in every member's journal (J5). */
    void onCheckpointDurable(CheckpointId checkpoint);

    /** The recovery site owns the VPG now (J7); all its lanes have stopped. */
    void onFenced(ProviderException refusal);
}
