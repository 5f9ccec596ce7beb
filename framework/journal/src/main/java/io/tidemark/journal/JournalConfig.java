package io.tidemark.journal;

import io.tidemark.journal.batch.BatchFormat;

/**
 * How a journal is kept. May differ each time it is opened.
 *
 * @param segmentBytes length at which a segment is sealed; a multiple of 4 KiB, from 64 KiB to 1 GiB. A batch that is longer than that gets
 *     a segment of its own
 * @param segmentsPerAgeing how many segments one call of {@link Journal#age} folds at most; &gt; 0. The more at once, the fewer writes to the
 *     base image, and the longer until space comes back
 * @param viewCacheBytes memory that all open views of the journal may use together to read faster; ≥ 64 KiB
 * @param spareSegments how many segment files are kept for reuse; ≥ 0. Each takes as much room as a segment
 */
public record JournalConfig(long segmentBytes, int segmentsPerAgeing, int viewCacheBytes, int spareSegments) {
    /** As many as one ageing frees: a journal that takes as much as it ages makes no new files. */
    private static final int DEFAULT_SPARE_SEGMENTS = 8;

    private static final int DEFAULT_SEGMENTS_PER_AGEING = 8;

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
        if (spareSegments < 0) {
            throw new IllegalArgumentException("spareSegments must not be negative: " + spareSegments);
        }
        if (viewCacheBytes < BatchFormat.MAX_FRAME_RAW_BYTES) {
            throw new IllegalArgumentException("viewCacheBytes must be at least 65536, not " + viewCacheBytes);
        }
    }

    /** With as many spare segments as usual. */
    public JournalConfig(long segmentBytes, int segmentsPerAgeing, int viewCacheBytes) {
        this(segmentBytes, segmentsPerAgeing, viewCacheBytes, DEFAULT_SPARE_SEGMENTS);
    }

    /** 64 MiB segments, at most eight folded at a time, as many spares, 16 MiB of cache for all views of a journal. */
    public static JournalConfig defaults() {
        return new JournalConfig(64L << 20, DEFAULT_SEGMENTS_PER_AGEING, 16 << 20);
    }

    /** The same with another number of spare segments. */
    public JournalConfig withSpareSegments(int count) {
        return new JournalConfig(segmentBytes, segmentsPerAgeing, viewCacheBytes, count);
    }

    /** The same with another segment length. */
    public JournalConfig withSegmentBytes(long bytes) {
        return new JournalConfig(bytes, segmentsPerAgeing, viewCacheBytes, spareSegments);
    }
}
