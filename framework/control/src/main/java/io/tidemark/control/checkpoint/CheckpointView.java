package io.tidemark.control.checkpoint;

import io.tidemark.control.dataplane.CheckpointKind;
import io.tidemark.spi.id.CheckpointId;
import java.time.Instant;

/**
 * A selectable recovery point.
 *
 * @param tag description given by a person; empty for automatic ones
 * @param pinned whether it is kept from ageing
 */
public record CheckpointView(CheckpointId id, Instant time, CheckpointKind kind, String tag, boolean pinned) {}
