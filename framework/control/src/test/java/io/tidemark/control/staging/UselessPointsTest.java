package io.tidemark.control.staging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import io.tidemark.spi.recovery.StagedPoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class UselessPointsTest {
    private static final VpgId VPG = VpgId.random();
    private static final VolumeId DISK = new VolumeId("vm/vda");

    private static StagedPoint point(VolumeId volume, long checkpoint) {
        return new StagedPoint(VPG, volume, new CheckpointId(checkpoint), 1 << 20, volume + "@" + checkpoint);
    }

    private static List<StagedPoint> useless(List<StagedPoint> points, long oldest) {
        return UselessPoints.among(points, Set.of(DISK), new CheckpointId(oldest));
    }

    @Test
    void the_nearest_before_the_oldest_checkpoint_stays_and_those_before_it_go() {
        List<StagedPoint> points = List.of(point(DISK, 10), point(DISK, 30), point(DISK, 20), point(DISK, 40));
        assertEquals(List.of(point(DISK, 10)), useless(points, 29));
        assertEquals(List.of(point(DISK, 10), point(DISK, 20)), useless(points, 30));
        assertEquals(List.of(point(DISK, 10), point(DISK, 20), point(DISK, 30)), useless(points, 1000));
        assertEquals(List.of(), useless(points, 1));
    }

    @Test
    void points_of_a_disk_that_is_gone_go() {
        StagedPoint stray = point(new VolumeId("vm/vdb"), 50);
        assertEquals(List.of(stray), useless(List.of(point(DISK, 10), stray), 1));
    }

    @Test
    void what_is_kept_is_bounded_and_spread_and_has_both_ends() {
        List<StagedPoint> points = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            points.add(point(DISK, 1 + i * 10L));
        }
        List<StagedPoint> kept = new ArrayList<>(points);
        kept.removeAll(useless(points, 1));
        assertEquals(UselessPoints.MOST_PER_VOLUME, kept.size());
        assertEquals(points.getFirst(), kept.getFirst());
        assertEquals(points.getLast(), kept.getLast());
        long widest = 0;
        for (int i = 1; i < kept.size(); i++) {
            widest = Math.max(
                    widest,
                    kept.get(i).checkpoint().value()
                            - kept.get(i - 1).checkpoint().value());
        }
        assertTrue(widest <= 4 * 1990 / UselessPoints.MOST_PER_VOLUME, "a gap of " + widest);
    }
}
