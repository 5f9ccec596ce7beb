package io.tidemark.journal;

/**
 * What one call of {@link Journal#age} did.
 *
 * @param checkpointsExpired checkpoints that can no longer be chosen, because they are too old
 * @param checkpointsThinned checkpoints that can no longer be chosen, because others near them are kept
 * @param segmentsFolded segments whose contents went into the base images
 * @param segmentsDeleted segment files that were deleted; others are kept to be used again
 * @param bytesFreed length of those files
 * @param floorPosition the base images hold everything before this
 * @param moreToFold segments that could be folded at once by another call
 * @param segmentsThinned segments of which a part was given back
 * @param bytesThinned what was given back of them, as {@code du} counts it
 * @param moreToThin whether another call would look at more segments at once
 */
public record AgeingResult(
        int checkpointsExpired,
        int checkpointsThinned,
        int segmentsFolded,
        int segmentsDeleted,
        long bytesFreed,
        long floorPosition,
        int moreToFold,
        int segmentsThinned,
        long bytesThinned,
        boolean moreToThin) {}
