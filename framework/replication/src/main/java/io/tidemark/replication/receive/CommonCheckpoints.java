package io.tidemark.replication.receive;

import io.tidemark.journal.CheckpointRecord;
import io.tidemark.journal.Journal;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VmId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The checkpoints of a VPG: those that all of its journals have (J5). */
final class CommonCheckpoints {
    private CommonCheckpoints() {}

    /**
     * A checkpoint that some journal cannot show any more, because of damage.
     *
     * @param members whose journals these are
     */
    record Damaged(CheckpointRecord checkpoint, List<VmId> members) {}

    /** Those that can be chosen in every journal, oldest first. */
    static List<CheckpointRecord> selectable(List<Journal> journals) {
        List<CheckpointRecord> common = null;
        for (Journal journal : journals) {
            List<CheckpointRecord> own = journal.checkpoints();
            common = common == null ? own : intersection(common, own);
        }
        return common == null ? List.of() : common;
    }

    /** Those that every journal has, and that cannot be chosen in some; oldest first. */
    static List<Damaged> damaged(List<Journal> journals) {
        Map<CheckpointId, CheckpointRecord> found = new TreeMap<>();
        Map<CheckpointId, List<VmId>> where = new HashMap<>();
        for (Journal journal : journals) {
            for (CheckpointRecord checkpoint : journal.damagedCheckpoints()) {
                found.put(checkpoint.id(), checkpoint);
                where.computeIfAbsent(checkpoint.id(), id -> new ArrayList<>())
                        .add(journal.spec().id().vm());
            }
        }
        List<Damaged> damaged = new ArrayList<>();
        found.forEach((id, checkpoint) -> {
            List<VmId> members = where.getOrDefault(id, List.of());
            boolean everywhere = journals.stream()
                    .allMatch(journal -> members.contains(journal.spec().id().vm())
                            || journal.checkpoint(id).isPresent());
            if (everywhere) {
                damaged.add(new Damaged(checkpoint, members));
            }
        });
        return damaged;
    }

    /** The newest that can be chosen. */
    static Optional<CheckpointRecord> newest(List<Journal> journals) {
        List<CheckpointRecord> all = selectable(journals);
        return all.isEmpty() ? Optional.empty() : Optional.of(all.getLast());
    }

    /** Both lists grow by id. */
    private static List<CheckpointRecord> intersection(List<CheckpointRecord> one, List<CheckpointRecord> other) {
        List<CheckpointRecord> both = new ArrayList<>(Math.min(one.size(), other.size()));
        int j = 0;
        for (CheckpointRecord checkpoint : one) {
            while (j < other.size() && other.get(j).id().compareTo(checkpoint.id()) < 0) {
                j++;
            }
            if (j < other.size() && other.get(j).id().equals(checkpoint.id())) {
                both.add(checkpoint);
            }
        }
        return both;
    }
}
