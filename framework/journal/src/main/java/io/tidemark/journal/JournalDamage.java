package io.tidemark.journal;

import java.nio.file.Path;

/**
 * A place in a journal where what is stored is not what was written.
 *
 * @param offset in the file
 * @param firstPosition the records from here on cannot be trusted
 * @param endPosition up to here; equal to the first if no record is lost
 * @param what in words
 */
public record JournalDamage(Path file, long offset, long firstPosition, long endPosition, String what) {
    /** Whether nothing is lost, because what is damaged says again what others say. */
    public boolean isHarmless() {
        return firstPosition == endPosition;
    }
}
