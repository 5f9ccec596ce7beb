package io.tidemark.journal;

/**
 * What a journal takes on disk, as {@code du} counts it; without the folder itself.
 *
 * @param segmentBytes the records, with their indexes
 * @param spareBytes files that are kept to become segments
 * @param runBytes merged indexes
 * @param baseBytes base images and their maps
 * @param otherBytes manifest, checkpoint log, and what says which frames were thinned out
 */
public record SpaceUse(long segmentBytes, long spareBytes, long runBytes, long baseBytes, long otherBytes) {
    public long totalBytes() {
        return segmentBytes + spareBytes + runBytes + baseBytes + otherBytes;
    }
}
