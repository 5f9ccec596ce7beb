package io.tidemark.journal;

import io.tidemark.spi.id.VolumeId;

/**
 * One volume of a journal.
 *
 * @param sizeBytes ≥ 0; fixed for the life of the journal
 */
public record JournalVolume(VolumeId id, long sizeBytes) {
    public JournalVolume {
        if (sizeBytes < 0) {
            throw new IllegalArgumentException("volume " + id + " cannot have " + sizeBytes + " bytes");
        }
    }
}
