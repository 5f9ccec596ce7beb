package io.tidemark.target.aws;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidemark.spi.block.BlockExport;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import io.tidemark.spi.recovery.ChangesSince;
import io.tidemark.spi.recovery.RecoveryOrigin;
import io.tidemark.spi.recovery.RecoveryVmSpec;
import io.tidemark.spi.recovery.RecoveryVmSpec.Purpose;
import io.tidemark.spi.recovery.RecoveryVmSpec.RecoveryDisk;
import io.tidemark.spi.recovery.StagedPoint;
import io.tidemark.spi.recovery.StagingRequest;
import io.tidemark.spi.site.VmHardware;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a recovery costs depends on what changed since the last staged checkpoint, and not on the size of the disk. */
final class DiskSizeTest {
    private static final long GIB = 1L << 30;
    private static final int CHANGED_RUNS = 40;

    /** What one recovery took. */
    private record Cost(int requests, int blocks) {}

    @Test
    void aRecoveryOfTenTebibytesCostsWhatOneOfTenGibibytesDoes() throws Exception {
        try (AwsLab lab = new AwsLab()) {
            recover(lab, 10 * GIB, "warm-up");
            Cost small = recover(lab, 10 * GIB, "small");
            Cost large = recover(lab, 10_240 * GIB, "large");
            assertEquals(CHANGED_RUNS, small.blocks());
            assertEquals(small, large);
        }
    }

    private static Cost recover(AwsLab lab, long sizeBytes, String name) throws Exception {
        VpgId vpg = VpgId.random();
        VolumeId volume = new VolumeId(name + "/vda");
        SparseDisk empty = new SparseDisk(sizeBytes);
        SparseDisk staged = empty.with(1, empty.spread(100));
        List<BlockExtent> changed = empty.spread(CHANGED_RUNS);
        SparseDisk wanted = staged.with(2, changed);
        StagedPoint base = lab.staging()
                .stage(
                        new StagingRequest(vpg, volume, new CheckpointId(1), staged, Optional.empty()),
                        progress -> {},
                        AwsLab.deadline());
        OperationId operation = OperationId.random();
        lab.fake().takePuts();
        lab.gateway().faults().dieAfter(Integer.MAX_VALUE);
        long beganNanos = System.nanoTime();
        try (BlockExport export = lab.network().export(name, wanted)) {
            VmId vm = lab.staging()
                    .create(
                            new RecoveryVmSpec(
                                    name,
                                    Purpose.TEST,
                                    new VmHardware(GIB, 1, Optional.empty()),
                                    List.of(new RecoveryDisk("vda", sizeBytes, export.address())),
                                    List.of()),
                            new RecoveryOrigin(
                                    vpg,
                                    List.of(new RecoveryOrigin.DiskOrigin(
                                            volume,
                                            new CheckpointId(2),
                                            Optional.of(new ChangesSince(base, Optional.of(changed))))),
                                    Map.of()),
                            operation,
                            progress -> {},
                            AwsLab.deadline());
            lab.target().start(vm, AwsLab.deadline());
        }
        int requests = lab.gateway().faults().requests();
        System.out.printf(
                "%s: %d GiB, %d requests, %d ms%n",
                name, sizeBytes / GIB, requests, (System.nanoTime() - beganNanos) / 1_000_000);
        Cost cost = new Cost(requests, lab.fake().takePuts());
        lab.target().discard(operation, AwsLab.deadline());
        lab.staging().forgetAll(vpg, AwsLab.deadline());
        return cost;
    }
}
