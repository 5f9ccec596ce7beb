package io.tidemark.control.checkpoint;

import io.tidemark.spi.id.CheckpointId;
import java.time.Instant;

/** How a recovery names its checkpoint. */
public sealed interface CheckpointSelector {
    /** The newest one; with a source shutdown: the newest after it. */
    record Latest() implements CheckpointSelector {}

    record ById(CheckpointId id) implements CheckpointSelector {}

    /** The newest one whose tag is exactly this. */
    record ByTag(String tag) implements CheckpointSelector {}

    /** The newest one at or before this time. */
    record AtTime(Instant time) implements CheckpointSelector {}
}
