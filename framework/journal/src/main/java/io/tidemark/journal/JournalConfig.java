package io.tidemark.journal;

import io.tidemark.journal.batch.BatchFormat;

/**
 * How a journal is kept. May differ each time it is opened.
 *
 * @param segmentBytes length at which a segment is sealed; a multiple of 4 KiB, from 64 KiB to 1 GiB. A batch that is longer than that gets
 *     a segment of its own
 * @param segmentsPerAgeing how many segments one call of {@link Journal#age} folds at most; &gt; 0. It bounds for how long appends wait
 * @param viewCacheBytes inflated payload that each open view may keep in memory; ≥ 64 KiB
 */
public record JournalConfig(long segmentBytes, int segmentsPerAgeing, int viewCacheBytes) {
    private static final long MIN_SEGMENT_BYTES = 64 * 1024;
    private static final long MAX_SEGMENT_BYTES = 1L << 30;

    public JournalConfig {
        if (segmentBytes < MIN_SEGMENT_BYTES
                || segmentBytes > MAX_SEGMENT_BYTES
                || segmentBytes % BatchFormat.ALIGNMENT_BYTES != 0) {
            throw new IllegalArgumentException(
                    "segmentBytes must be a multiple of 4096 from 65536 to 1073741824, not " + segmentBytes);
        }
        if (segmentsPerAgeing <= 0) {
            throw new IllegalArgumentException("segmentsPerAgeing must be positive, not " + segmentsPerAgeing);
        }
        if (viewCacheBytes < BatchFormat.MAX_FRAME_RAW_BYTES) {
            throw new IllegalArgumentException("viewCacheBytes must be at least 65536, not " + viewCacheBytes);
        }
    }

    /** 64 MiB segments, at most four folded at a time, 4 MiB of cache for each view. */
    public static JournalConfig defaults() {
        return new JournalConfig(64L << 20, 4, 4 << 20);
    }

    /** The same with another segment length. */
    public JournalConfig withSegmentBytes(long bytes) {
        return new JournalConfig(bytes, segmentsPerAgeing, viewCacheBytes);
    }
}
