package io.tidemark.control.checkpoint;

import io.tidemark.control.dataplane.CheckpointKind;
import java.time.Instant;
import java.util.Optional;

/**
 * Which checkpoints to list.
 *
 * @param from at or after this time
 * @param to before this time
 * @param tagContains part of the tag, without regard to case
 * @param cursor {@code nextCursor} of the page before
 * @param limit 1 to 1,000
 */
public record CheckpointQuery(
        Optional<Instant> from,
        Optional<Instant> to,
        Optional<CheckpointKind> kind,
        Optional<String> tagContains,
        Optional<String> cursor,
        int limit) {
    /** The newest ones. */
    public static CheckpointQuery newest(int limit) {
        return new CheckpointQuery(
                Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), limit);
    }
}
