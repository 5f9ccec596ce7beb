package io.tidemark.systemtests;

import io.tidemark.spi.id.VolumeId;
import io.tidemark.tck.consistency.ConsistentCut;
import io.tidemark.tck.consistency.ConsistentCut.Shown;
import io.tidemark.tck.consistency.DiskHistory;
import io.tidemark.tck.consistency.TraceReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Every write that simulated guests made to some volumes until now; judges checkpoints that were cut before. */
final class GuestHistories {
    private final List<DiskHistory> disks = new ArrayList<>();

    /** @param trace what the hypervisor was told as its {@code trace-directory} */
    GuestHistories(Path trace, List<VolumeId> volumes) throws IOException {
        for (VolumeId volume : volumes) {
            disks.add(new TraceReader(trace).read(volume.value()));
        }
    }

    /**
     * Judges the views of one checkpoint.
     *
     * @return how many writes are in it at least
     * @throws AssertionError when they are no consistent cut
     */
    int check(DiskViews views) {
        return ConsistentCut.check(disks.stream()
                .map(disk -> new Shown(disk, views.of(new VolumeId(disk.name()))))
                .toList());
    }
}
