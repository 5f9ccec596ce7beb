package io.tidemark.replication.tracking;

import io.tidemark.journal.CheckpointRecord;
import io.tidemark.spi.id.CheckpointId;

/** A checkpoint that is to be made. */
public record Wanted(CheckpointId id, CheckpointRecord.Kind kind, String tag) {}
