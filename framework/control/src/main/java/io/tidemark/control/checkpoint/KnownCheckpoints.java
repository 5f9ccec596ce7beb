package io.tidemark.control.checkpoint;

import io.tidemark.control.dataplane.JournalPolicy.Tier;
import io.tidemark.control.dataplane.JournalStore;
import io.tidemark.control.dataplane.JournalStore.DamagedCheckpoint;
import io.tidemark.control.dataplane.JournalStore.JournalCheckpoint;
import io.tidemark.control.vpg.Vpg;
import io.tidemark.spi.error.ProviderException;
import java.util.List;

/**
 * What the journals of a VPG have, and what may be missing among it.
 *
 * @param selectable oldest first
 * @param damaged oldest first; cannot be chosen
 * @param thinning by which some of the older ones were given up
 */
public record KnownCheckpoints(
        List<JournalCheckpoint> selectable, List<DamagedCheckpoint> damaged, List<Tier> thinning) {
    /** As the journals are now. */
    public static KnownCheckpoints read(JournalStore journals, Vpg vpg) throws ProviderException {
        return new KnownCheckpoints(
                journals.checkpoints(vpg.id()),
                journals.damagedCheckpoints(vpg.id()),
                vpg.definition().policy().journalLimits().thinning());
    }
}
