package io.tidemark.journal;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What a journal takes and holds at one moment.
 *
 * @param segmentBytes bytes in segments: headers, batches and indexes; without what is only reserved
 * @param baseBytes bytes in base images, without their holes
 * @param checkpointLogBytes bytes in the checkpoint log
 * @param segments number of segments
 * @param checkpoints number of checkpoints that can be chosen
 * @param floorPosition the base images hold everything before this
 * @param oldestCheckpoint time of the oldest checkpoint that can be chosen
 * @param newestCheckpoint time of the newest
 * @param openViews views that hold ageing back
 * @param viewCacheBytes memory that the open views share; at most {@link JournalConfig#viewCacheBytes}
 */
public record JournalStatistics(
        long segmentBytes,
        long baseBytes,
        long checkpointLogBytes,
        int segments,
        int checkpoints,
        long floorPosition,
        long durablePosition,
        long appendedPosition,
        Optional<Instant> oldestCheckpoint,
        Optional<Instant> newestCheckpoint,
        int openViews,
        long viewCacheBytes) {
    /** Everything on disk. */
    public long totalBytes() {
        return segmentBytes + baseBytes + checkpointLogBytes;
    }

    /** How far back one can go. */
    public Duration history() {
        if (oldestCheckpoint.isEmpty() || newestCheckpoint.isEmpty()) {
            return Duration.ZERO;
        }
        return Duration.between(oldestCheckpoint.get(), newestCheckpoint.get());
    }
}
