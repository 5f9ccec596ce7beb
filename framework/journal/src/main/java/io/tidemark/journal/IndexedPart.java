package io.tidemark.journal;

import java.io.IOException;

/** A part of the journal, one or several whole segments, that knows the newest version of each byte that was written in it. */
sealed interface IndexedPart permits Segment, ExtentRun {
    /**
     * What it changed in a volume.
     *
     * @throws DamagedIndexException if its index is damaged, which is to be reported; for a run, its segments tell the same
     */
    ExtentLayer layer(int volume) throws IOException;

    /**
     * Reads all of its index from the disk without a mapping, and does without it from now on if that fails. To be called where a mapping threw an
     * {@link InternalError}: compiled code throws that late, so that nobody knows which mapping it was.
     */
    void distrustIfUnreadable(InternalError cause);
}
