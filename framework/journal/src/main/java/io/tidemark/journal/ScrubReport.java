package io.tidemark.journal;

import java.util.List;

/**
 * What a scrub found.
 *
 * @param bytesRead bytes of segments and base images that were read
 * @param damages in the order of the journal; empty if all is well
 * @param unselectableCheckpoints how many checkpoints cannot be chosen because of damage, now that the scrub has ended
 */
public record ScrubReport(long bytesRead, List<JournalDamage> damages, int unselectableCheckpoints) {
    public ScrubReport {
        damages = List.copyOf(damages);
    }
}
