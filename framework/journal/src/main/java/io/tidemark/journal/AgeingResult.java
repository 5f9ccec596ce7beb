package io.tidemark.journal;

/**
 * What one call of {@link Journal#age} did.
 *
 * @param checkpointsExpired checkpoints that can no longer be chosen
 * @param segmentsFolded segments whose contents went into the base images
 * @param segmentsDeleted segment files that were deleted; others are kept to be used again
 * @param bytesFreed length of those files
 * @param floorPosition the base images hold everything before this
 * @param moreToFold segments that could be folded at once by another call
 */
public record AgeingResult(
        int checkpointsExpired,
        int segmentsFolded,
        int segmentsDeleted,
        long bytesFreed,
        long floorPosition,
        int moreToFold) {}
