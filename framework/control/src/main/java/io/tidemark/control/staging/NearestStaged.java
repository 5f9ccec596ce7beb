package io.tidemark.control.staging;

import io.tidemark.control.dataplane.JournalStore;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import io.tidemark.spi.recovery.ChangesSince;
import io.tidemark.spi.recovery.StagedPoint;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Finds the staged point of a volume from which the least is to be written to get to a checkpoint. */
public final class NearestStaged {
    private final JournalStore journals;

    public NearestStaged(JournalStore journals) {
        this.journals = journals;
    }

    /**
     * The nearest point and what differs from it.
     *
     * @param points staged ones, of any volumes
     * @return empty when nothing of the volume is staged
     */
    public Optional<ChangesSince> find(VpgId vpg, VolumeId volume, CheckpointId wanted, List<StagedPoint> points)
            throws ProviderException {
        List<StagedPoint> older = new ArrayList<>();
        List<StagedPoint> newer = new ArrayList<>();
        for (StagedPoint point : points) {
            if (point.volume().equals(volume)) {
                (point.checkpoint().compareTo(wanted) <= 0 ? older : newer).add(point);
            }
        }
        older.sort(Comparator.comparing(StagedPoint::checkpoint).reversed());
        newer.sort(Comparator.comparing(StagedPoint::checkpoint));
        // What changed since a point is part of what changed since any point before it: on each side the nearest is the
        // best.
        Optional<ChangesSince> before = firstKnown(vpg, volume, wanted, older);
        Optional<ChangesSince> after = firstKnown(vpg, volume, wanted, newer);
        if (before.isPresent() && after.isPresent()) {
            return bytes(after.get()) < bytes(before.get()) ? after : before;
        }
        return before.or(() -> after).or(() -> older.stream()
                .findFirst()
                .or(() -> newer.stream().findFirst())
                .map(point -> new ChangesSince(point, Optional.empty())));
    }

    private Optional<ChangesSince> firstKnown(
            VpgId vpg, VolumeId volume, CheckpointId wanted, List<StagedPoint> nearestFirst) throws ProviderException {
        for (StagedPoint point : nearestFirst) {
            if (point.checkpoint().equals(wanted)) {
                return Optional.of(new ChangesSince(point, Optional.of(List.of())));
            }
            Optional<List<BlockExtent>> changed = journals.changedBetween(vpg, volume, point.checkpoint(), wanted);
            if (changed.isPresent()) {
                return Optional.of(new ChangesSince(point, changed));
            }
        }
        return Optional.empty();
    }

    /** Bytes that may differ; only of known changes. */
    public static long bytes(ChangesSince changes) {
        return changes.extents().orElseThrow().stream()
                .mapToLong(BlockExtent::lengthBytes)
                .sum();
    }
}
