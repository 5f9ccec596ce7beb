package io.tidemark.journal;

import io.tidemark.spi.id.CheckpointId;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/**
 * One checkpoint of a journal.
 *
 * @param position the contents are those after the first {@code position} records
 * @param time when the barrier was made, by the clock of the protected site
 * @param tag what a person called it; empty for none; at most {@link #MAX_TAG_BYTES} in UTF-8
 */
public record CheckpointRecord(CheckpointId id, long position, Instant time, Kind kind, String tag, Pinning pinning) {
    /** Longest tag, in UTF-8. */
    public static final int MAX_TAG_BYTES = 1024;

    /** Why a checkpoint was made. */
    public enum Kind {
        AUTOMATIC,
        TAGGED,
        APPLICATION_CONSISTENT
    }

    public CheckpointRecord {
        if (position < 0) {
            throw new IllegalArgumentException("checkpoint " + id + " cannot be at position " + position);
        }
        int tagBytes = tag.getBytes(StandardCharsets.UTF_8).length;
        if (tagBytes > MAX_TAG_BYTES) {
            throw new IllegalArgumentException("the tag of checkpoint " + id + " takes " + tagBytes
                    + " bytes in UTF-8; the longest allowed is " + MAX_TAG_BYTES);
        }
    }

    /** An unpinned, automatic checkpoint without a tag. */
    public static CheckpointRecord automatic(CheckpointId id, long position, Instant time) {
        return new CheckpointRecord(id, position, time, Kind.AUTOMATIC, "", Pinning.UNPINNED);
    }

    /** The same checkpoint, pinned or not. */
    public CheckpointRecord withPinning(Pinning changed) {
        return new CheckpointRecord(id, position, time, kind, tag, changed);
    }
}
