package io.tidemark.journal;

import io.tidemark.spi.id.VolumeId;
import java.util.List;

/**
 * What a journal is for.
 *
 * @param volumes all protected volumes of the VM, at least one; a volume's index in records is its index here
 */
public record JournalSpec(JournalId id, List<JournalVolume> volumes) {
    /** A journal has no more volumes than this. */
    public static final int MAX_VOLUMES = 1024;

    public JournalSpec {
        volumes = List.copyOf(volumes);
        if (volumes.isEmpty() || volumes.size() > MAX_VOLUMES) {
            throw new IllegalArgumentException("journal " + id + " cannot have " + volumes.size() + " volumes");
        }
        if (volumes.stream().map(JournalVolume::id).distinct().count() != volumes.size()) {
            throw new IllegalArgumentException("journal " + id + " names a volume twice");
        }
    }

    /** @throws IllegalArgumentException if the journal has no such volume */
    public int indexOf(VolumeId volume) {
        for (int i = 0; i < volumes.size(); i++) {
            if (volumes.get(i).id().equals(volume)) {
                return i;
            }
        }
        throw new IllegalArgumentException("journal " + id + " has no volume " + volume);
    }
}
