package io.tidemark.control.staging;

import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.recovery.StagedPoint;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/** Decides which staged points are of no more use. */
final class UselessPoints {
    /** What is kept of a volume at most. Recoveries between two points write a little more then; the target's bill stays bounded. */
    static final int MOST_PER_VOLUME = 24;

    private UselessPoints() {}

    /**
     * Points of volumes that the VPG has not, points before the oldest checkpoint that can be chosen but for the nearest of them, and of the
     * rest those that leave the smallest gap, so that what is kept stays spread over the history.
     */
    static List<StagedPoint> among(List<StagedPoint> points, Set<VolumeId> volumes, CheckpointId oldestSelectable) {
        List<StagedPoint> useless = new ArrayList<>(points.stream()
                .filter(point -> !volumes.contains(point.volume()))
                .toList());
        for (VolumeId volume : volumes) {
            List<StagedPoint> own = new ArrayList<>(points.stream()
                    .filter(point -> point.volume().equals(volume))
                    .sorted(Comparator.comparing(StagedPoint::checkpoint))
                    .toList());
            while (own.size() > 1 && own.get(1).checkpoint().compareTo(oldestSelectable) <= 0) {
                useless.add(own.removeFirst());
            }
            while (own.size() > MOST_PER_VOLUME) {
                useless.add(own.remove(smallestGap(own)));
            }
        }
        return useless;
    }

    /** The inner point whose neighbours are nearest to each other; the oldest and the newest are never it. */
    private static int smallestGap(List<StagedPoint> ordered) {
        int smallest = 1;
        for (int i = 2; i < ordered.size() - 1; i++) {
            if (gap(ordered, i) < gap(ordered, smallest)) {
                smallest = i;
            }
        }
        return smallest;
    }

    private static long gap(List<StagedPoint> ordered, int at) {
        return ordered.get(at + 1).checkpoint().value()
                - ordered.get(at - 1).checkpoint().value();
    }
}
