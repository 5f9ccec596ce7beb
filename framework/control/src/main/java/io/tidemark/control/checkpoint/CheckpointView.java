package io.tidemark.control.checkpoint;

import io.tidemark.control.dataplane.CheckpointKind;
import io.tidemark.spi.id.CheckpointId;
import java.time.Instant;
import java.util.Optional;

/**
 * A recovery point.
 *
 * @param tag description given by a person; empty for automatic ones
 * @param pinned whether it is kept from ageing
 * @param damage why it cannot be chosen; empty when it can
 */
public record CheckpointView(
        CheckpointId id, Instant time, CheckpointKind kind, String tag, boolean pinned, Optional<String> damage) {}
