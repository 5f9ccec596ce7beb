package io.tidemark.control.staging;

import io.tidemark.spi.id.CheckpointId;
import java.time.Instant;
import java.util.Optional;

/**
 * A checkpoint that is staged, as it is persisted.
 *
 * @param time of the checkpoint
 * @param begun when staging it began
 * @param completed when all of its volumes were at the target; empty before that
 */
record StagedCheckpoint(CheckpointId checkpoint, Instant time, Instant begun, Optional<Instant> completed) {}
