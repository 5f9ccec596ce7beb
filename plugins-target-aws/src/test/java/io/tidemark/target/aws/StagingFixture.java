package io.tidemark.target.aws;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import io.tidemark.spi.recovery.ChangesSince;
import io.tidemark.spi.recovery.StagedPoint;
import io.tidemark.spi.recovery.StagingRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import software.amazon.awssdk.services.ec2.model.Filter;
import software.amazon.awssdk.services.ec2.model.Snapshot;

/** A lab for a class, and a VPG for each test, of which nothing may be left after it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class StagingFixture {
    /** No multiple of a block, nor of a GiB. */
    static final int SIZE_BYTES = 12 * (512 << 10) + 3 * 512;

    private @Nullable AwsLab maybeLab;
    VpgId vpg = VpgId.random();
    final VolumeId volume = new VolumeId("9f0c/vda (boot) = ü");

    @BeforeAll
    void makeLab() throws Exception {
        maybeLab = new AwsLab();
    }

    @AfterAll
    void closeLab() throws Exception {
        if (maybeLab != null) {
            maybeLab.close();
        }
    }

    @BeforeEach
    void freshVpg() {
        vpg = VpgId.random();
        lab().fake().takePuts();
    }

    @AfterEach
    void removeAll() throws Exception {
        lab().fake().asksUntilCompleted(0);
        lab().fake().listedBlocksPerPage(Integer.MAX_VALUE);
        lab().restart();
        lab().staging().forgetAll(vpg, AwsLab.deadline());
        assertEquals(List.of(), snapshots(), "snapshots that forgetAll left");
        assertEquals(List.of(), files(), "files that forgetAll left");
    }

    final AwsLab lab() {
        AwsLab lab = maybeLab;
        if (lab == null) {
            throw new IllegalStateException("the lab was not made");
        }
        return lab;
    }

    final List<Snapshot> snapshots() {
        return lab().ec2()
                .describeSnapshots(request -> request.ownerIds("self")
                        .filters(Filter.builder()
                                .name("tag:tidemark:vpg")
                                .values(vpg.toString())
                                .build()))
                .snapshots();
    }

    final List<String> files() throws Exception {
        Path folder = lab().uploads();
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(folder)) {
            return all.map(Path::toString).toList();
        }
    }

    final StagingRequest request(VolumeHistory history, int checkpoint, Optional<ChangesSince> changes) {
        return new StagingRequest(vpg, volume, new CheckpointId(checkpoint), history.disk(checkpoint), changes);
    }

    final StagedPoint stage(VolumeHistory history, int checkpoint, Optional<ChangesSince> changes) throws Exception {
        List<Double> progress = new CopyOnWriteArrayList<>();
        StagedPoint point =
                lab().staging().stage(request(history, checkpoint, changes), progress::add, AwsLab.deadline());
        assertTrue(progress.stream().allMatch(each -> each >= 0 && each <= 1), () -> "progress: " + progress);
        return point;
    }

    static Optional<ChangesSince> known(VolumeHistory history, StagedPoint base, int checkpoint) {
        List<BlockExtent> extents = history.between((int) base.checkpoint().value(), checkpoint);
        return Optional.of(new ChangesSince(base, Optional.of(extents)));
    }

    static Optional<ChangesSince> unknown(StagedPoint base) {
        return Optional.of(new ChangesSince(base, Optional.empty()));
    }
}
