package io.tidemark.target.aws;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.recovery.ChangesSince;
import io.tidemark.spi.recovery.StagedPoint;
import io.tidemark.spi.recovery.StagingRequest;
import io.tidemark.tck.hypervisor.MemoryDisk;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import software.amazon.awssdk.services.ec2.model.Filter;
import software.amazon.awssdk.services.ec2.model.Snapshot;

/** Rolling snapshots on the strict fake of EBS direct: what they hold, how little is written, and what survives. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class StagingTest {
    /** No multiple of a block, nor of a GiB. */
    private static final int SIZE_BYTES = 12 * (512 << 10) + 3 * 512;

    private @Nullable AwsLab maybeLab;
    private VpgId vpg = VpgId.random();
    private final VolumeId volume = new VolumeId("9f0c/vda (boot) = ü");

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

    private AwsLab lab() {
        AwsLab lab = maybeLab;
        if (lab == null) {
            throw new IllegalStateException("the lab was not made");
        }
        return lab;
    }

    private List<Snapshot> snapshots() {
        return lab().ec2()
                .describeSnapshots(request -> request.ownerIds("self")
                        .filters(Filter.builder()
                                .name("tag:tidemark:vpg")
                                .values(vpg.toString())
                                .build()))
                .snapshots();
    }

    private List<String> files() throws Exception {
        Path folder = lab().uploads();
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(folder)) {
            return all.map(Path::toString).toList();
        }
    }

    private StagingRequest request(VolumeHistory history, int checkpoint, Optional<ChangesSince> changes) {
        return new StagingRequest(vpg, volume, new CheckpointId(checkpoint), history.disk(checkpoint), changes);
    }

    private StagedPoint stage(VolumeHistory history, int checkpoint, Optional<ChangesSince> changes) throws Exception {
        List<Double> progress = new CopyOnWriteArrayList<>();
        StagedPoint point =
                lab().staging().stage(request(history, checkpoint, changes), progress::add, AwsLab.deadline());
        assertTrue(progress.stream().allMatch(each -> each >= 0 && each <= 1), () -> "progress: " + progress);
        return point;
    }

    private static Optional<ChangesSince> known(VolumeHistory history, StagedPoint base, int checkpoint) {
        List<BlockExtent> extents = history.between((int) base.checkpoint().value(), checkpoint);
        return Optional.of(new ChangesSince(base, Optional.of(extents)));
    }

    private static Optional<ChangesSince> unknown(StagedPoint base) {
        return Optional.of(new ChangesSince(base, Optional.empty()));
    }

    @Test
    void theFirstSnapshotHoldsTheVolumeAndNoZeroes() throws Exception {
        VolumeHistory history = new VolumeHistory(SIZE_BYTES, 11);
        byte[] contents = history.at(1);
        Arrays.fill(contents, 4 << 19, 6 << 19, (byte) 0);
        StagedPoint point = stage(history, 1, Optional.empty());
        assertEquals(
                VolumeHistory.differing(contents, new byte[SIZE_BYTES]),
                lab().fake().takePuts());
        lab().assertHolds(contents, point.token());
        assertEquals(new StagedPoint(vpg, volume, new CheckpointId(1), SIZE_BYTES, point.token()), point);
        assertEquals(List.of(point), lab().staging().staged(vpg, AwsLab.deadline()));
        Snapshot seen = snapshots().getFirst();
        assertEquals(1, seen.volumeSize(), "GiB, rounded up");
        assertTrue(seen.tags().stream()
                .anyMatch(tag -> tag.key().equals("team") && tag.value().equals("dr")));
        assertTrue(seen.tags().stream()
                .anyMatch(tag ->
                        tag.key().equals("tidemark:true-size") && tag.value().equals(Integer.toString(SIZE_BYTES))));
    }

    @Test
    void eachNextSnapshotWritesOnlyTheBlocksThatChanged() throws Exception {
        VolumeHistory history = new VolumeHistory(SIZE_BYTES, 12);
        List<StagedPoint> points = new ArrayList<>();
        points.add(stage(history, 1, Optional.empty()));
        for (int checkpoint = 2; checkpoint <= 6; checkpoint++) {
            history.advance(3);
            lab().fake().takePuts();
            points.add(stage(history, checkpoint, known(history, points.getLast(), checkpoint)));
            assertEquals(
                    VolumeHistory.blocksOf(history.between(checkpoint - 1, checkpoint)),
                    lab().fake().takePuts());
        }
        for (StagedPoint point : points) {
            lab().assertHolds(history.at((int) point.checkpoint().value()), point.token());
        }
        assertEquals(points, lab().staging().staged(vpg, AwsLab.deadline()));
    }

    @Test
    void aSnapshotOnANewerBaseGoesBackInTime() throws Exception {
        VolumeHistory history = new VolumeHistory(SIZE_BYTES, 13);
        history.advance(4);
        history.advance(4);
        StagedPoint newest = stage(history, 3, Optional.empty());
        StagedPoint middle = stage(history, 2, known(history, newest, 2));
        lab().assertHolds(history.at(2), middle.token());
        lab().assertHolds(history.at(3), newest.token());
    }

    @Test
    void withoutKnownExtentsTheTargetCompares() throws Exception {
        VolumeHistory history = new VolumeHistory(SIZE_BYTES, 14);
        StagedPoint first = stage(history, 1, Optional.empty());
        history.advance(5);
        // A block that had data turns to zeroes: it must be written, or the base's would show.
        Arrays.fill(history.at(2), 0, 1 << 19, (byte) 0);
        lab().fake().takePuts();
        lab().fake().listedBlocksPerPage(2);
        StagedPoint second = stage(history, 2, unknown(first));
        assertEquals(
                VolumeHistory.differing(history.at(1), history.at(2)),
                lab().fake().takePuts());
        lab().assertHolds(history.at(2), second.token());
    }

    @Test
    void aVolumeThatGrewIsStagedOnItsSmallerSelf() throws Exception {
        VolumeHistory small = new VolumeHistory(SIZE_BYTES, 15);
        StagedPoint first = stage(small, 1, Optional.empty());
        byte[] grown = Arrays.copyOf(small.at(1), SIZE_BYTES + (3 << 19));
        Arrays.fill(grown, SIZE_BYTES, grown.length, (byte) 7);
        for (int way = 0; way < 2; way++) {
            Optional<List<BlockExtent>> extents = way == 0 ? Optional.of(List.of()) : Optional.empty();
            StagedPoint second = lab().staging()
                    .stage(
                            new StagingRequest(
                                    vpg,
                                    volume,
                                    new CheckpointId(2 + way),
                                    new MemoryDisk(grown, MemoryDisk.Access.READ_ONLY),
                                    Optional.of(new ChangesSince(first, extents))),
                            progress -> {},
                            AwsLab.deadline());
            lab().assertHolds(grown, second.token());
        }
        // And one that shrank has nothing of its larger self.
        StagedPoint large = lab().staging().staged(vpg, AwsLab.deadline()).getLast();
        StagedPoint shrunk = lab().staging()
                .stage(
                        new StagingRequest(
                                vpg,
                                volume,
                                new CheckpointId(9),
                                small.disk(1),
                                Optional.of(new ChangesSince(large, Optional.of(List.of())))),
                        progress -> {},
                        AwsLab.deadline());
        lab().assertHolds(small.at(1), shrunk.token());
    }

    @Test
    void stagingTwiceIsStagingOnce() throws Exception {
        VolumeHistory history = new VolumeHistory(SIZE_BYTES, 16);
        StagedPoint first = stage(history, 1, Optional.empty());
        lab().fake().takePuts();
        assertEquals(first, stage(history, 1, Optional.empty()));
        lab().restartElsewhere();
        assertEquals(first, stage(history, 1, Optional.empty()));
        assertEquals(0, lab().fake().takePuts());
        assertEquals(1, snapshots().size());
    }

    @Test
    void throttlingAndServerErrorsOnlyCostTime() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed of the faults: " + seed);
        lab().restart(Map.of("max-attempts", "20", "parallel-blocks", "8"));
        VolumeHistory history = new VolumeHistory(48 << 19, 17);
        lab().gateway().faults().unreliable(seed, 0.15, 0.10);
        lab().gateway().faults().unseenPuts(0);
        StagedPoint first = stage(history, 1, Optional.empty());
        history.advance(10);
        StagedPoint second = stage(history, 2, unknown(first));
        lab().gateway().faults().none();
        lab().assertHolds(history.at(1), first.token());
        lab().assertHolds(history.at(2), second.token());
        assertEquals(2, snapshots().size());
    }

    @Test
    void aSnapshotThatIsNotSeenAtOnceIsWaitedFor() throws Exception {
        lab().restart(Map.of("settle-timeout", "PT30S"));
        VolumeHistory history = new VolumeHistory(SIZE_BYTES, 18);
        lab().gateway().faults().unseenPuts(9);
        lab().fake().asksUntilCompleted(3);
        StagedPoint point = stage(history, 1, Optional.empty());
        lab().assertHolds(history.at(1), point.token());
    }

    @Test
    void tokensThatExpireAreRenewed() throws Exception {
        VolumeHistory history = new VolumeHistory(SIZE_BYTES, 19);
        StagedPoint first = stage(history, 1, Optional.empty());
        history.advance(3);
        MemoryDisk source = history.disk(2);
        MemoryDisk expiring = new MemoryDisk(history.at(2), MemoryDisk.Access.READ_ONLY);
        assertEquals(source.sizeBytes(), expiring.sizeBytes());
        StagedPoint second = lab().staging()
                .stage(
                        new StagingRequest(
                                vpg,
                                volume,
                                new CheckpointId(2),
                                new ExpiringDisk(expiring, lab().fake()),
                                unknown(first)),
                        progress -> {},
                        AwsLab.deadline());
        lab().assertHolds(history.at(2), second.token());
    }

    @Test
    void killedAfterAnyRequestItGoesOnAndLeavesNothingOver() throws Exception {
        VolumeHistory history = new VolumeHistory(SIZE_BYTES, 20);
        history.advance(4);
        StagedPoint base = stage(history, 1, Optional.empty());
        lab().fake().asksUntilCompleted(1);
        boolean died = true;
        int checkpoints = 2;
        for (int answers = 0; died; answers++) {
            // Every other time the whole machine is lost, state folder and all.
            boolean elsewhere = answers % 2 == 1;
            int checkpoint = checkpoints++;
            StagingRequest request = new StagingRequest(
                    vpg, volume, new CheckpointId(checkpoint), history.disk(2), known(history, base, 2));
            lab().gateway().faults().dieAfter(answers);
            try {
                lab().staging().stage(request, progress -> {}, AwsLab.deadline());
            } catch (ProviderException killed) {
                assertTrue(lab().gateway().faults().died(), killed::toString);
            }
            died = lab().gateway().faults().died();
            if (elsewhere) {
                lab().restartElsewhere();
            } else {
                lab().restart();
            }
            StagedPoint point = lab().staging().stage(request, progress -> {}, AwsLab.deadline());
            lab().assertHolds(history.at(2), point.token());
            assertEquals(checkpoint, snapshots().size(), "snapshots after a kill behind request " + answers);
            assertEquals(
                    checkpoint, lab().staging().staged(vpg, AwsLab.deadline()).size());
            assertEquals(List.of(), files());
        }
        assertTrue(checkpoints > 8, "staging takes more requests than that: " + checkpoints);
    }

    @Test
    void whatWasAcknowledgedIsNotWrittenAgain() throws Exception {
        VolumeHistory history = new VolumeHistory(SIZE_BYTES, 21);
        int blocks = VolumeHistory.differing(history.at(1), new byte[SIZE_BYTES]);
        lab().restart(Map.of("parallel-blocks", "1"));
        // Listing, start, and some of the blocks.
        lab().gateway().faults().dieAfter(2 + blocks / 2);
        assertThrows(ProviderException.class, () -> stage(history, 1, Optional.empty()));
        int before = lab().fake().takePuts();
        lab().restart();
        StagedPoint point = stage(history, 1, Optional.empty());
        lab().assertHolds(history.at(1), point.token());
        int after = lab().fake().takePuts();
        assertTrue(before >= blocks / 2, () -> before + " of " + blocks);
        // The one whose answer was lost is written twice.
        assertEquals(blocks + 1, before + after);
    }

    @Test
    void aPassedDeadlineIsNoLoss() throws Exception {
        VolumeHistory history = new VolumeHistory(SIZE_BYTES, 22);
        lab().fake().asksUntilCompleted(Integer.MAX_VALUE);
        ProviderException late = assertThrows(ProviderException.class, () -> lab().staging()
                .stage(request(history, 1, Optional.empty()), progress -> {}, Deadline.after(Duration.ofMillis(1500))));
        assertEquals(FailureKind.RETRY_LATER, late.kind());
        assertEquals(List.of(), lab().staging().staged(vpg, AwsLab.deadline()), "it is not complete");
        lab().fake().takePuts();
        lab().fake().asksUntilCompleted(0);
        StagedPoint point = stage(history, 1, Optional.empty());
        lab().assertHolds(history.at(1), point.token());
        assertEquals(0, lab().fake().takePuts());
    }

    @Test
    void aSnapshotThatAwsGivesUpIsMadeAnew() throws Exception {
        VolumeHistory history = new VolumeHistory(SIZE_BYTES, 23);
        lab().gateway().faults().dieAfter(5);
        assertThrows(ProviderException.class, () -> stage(history, 1, Optional.empty()));
        lab().restart();
        String half = snapshots().getFirst().snapshotId();
        lab().fake().fail(half);
        StagedPoint point = stage(history, 1, Optional.empty());
        assertFalse(half.equals(point.token()));
        lab().assertHolds(history.at(1), point.token());
        assertEquals(1, snapshots().size());
    }

    @Test
    void aBaseThatIsGoneCostsOnlyTime() throws Exception {
        VolumeHistory history = new VolumeHistory(SIZE_BYTES, 24);
        StagedPoint first = stage(history, 1, Optional.empty());
        history.advance(2);
        lab().staging().forget(List.of(first), AwsLab.deadline());
        StagedPoint second = stage(history, 2, known(history, first, 2));
        lab().assertHolds(history.at(2), second.token());
    }

    @Test
    void forgettingHarmsNoOther() throws Exception {
        VolumeHistory history = new VolumeHistory(SIZE_BYTES, 25);
        List<StagedPoint> points = new ArrayList<>(List.of(stage(history, 1, Optional.empty())));
        for (int checkpoint = 2; checkpoint <= 4; checkpoint++) {
            history.advance(2);
            points.add(stage(history, checkpoint, known(history, points.getLast(), checkpoint)));
        }
        List<StagedPoint> old = List.of(points.get(0), points.get(2));
        lab().staging().forget(old, AwsLab.deadline());
        lab().staging().forget(old, AwsLab.deadline());
        assertEquals(List.of(points.get(1), points.get(3)), lab().staging().staged(vpg, AwsLab.deadline()));
        lab().assertHolds(history.at(2), points.get(1).token());
        lab().assertHolds(history.at(4), points.get(3).token());
        StagedPoint stranger = new StagedPoint(
                VpgId.random(),
                volume,
                new CheckpointId(4),
                SIZE_BYTES,
                points.get(3).token());
        assertEquals(
                FailureKind.CONFLICT,
                assertThrows(ProviderException.class, () -> lab().staging()
                                .forget(List.of(stranger), AwsLab.deadline()))
                        .kind());
    }

    @Test
    void aBaseIsKeptWhileSomethingIsWrittenOnIt() throws Exception {
        VolumeHistory history = new VolumeHistory(SIZE_BYTES, 26);
        StagedPoint first = stage(history, 1, Optional.empty());
        history.advance(6);
        lab().gateway().faults().dieAfter(5);
        assertThrows(ProviderException.class, () -> stage(history, 2, known(history, first, 2)));
        lab().restart();
        assertEquals(
                FailureKind.RETRY_LATER,
                assertThrows(ProviderException.class, () -> lab().staging().forget(List.of(first), AwsLab.deadline()))
                        .kind());
        lab().assertHolds(history.at(1), first.token());
        StagedPoint second = stage(history, 2, known(history, first, 2));
        lab().staging().forget(List.of(first), AwsLab.deadline());
        lab().assertHolds(history.at(2), second.token());
    }
}
