package io.tidemark.target.aws;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidemark.spi.block.BlockExport;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import io.tidemark.spi.plugin.ProviderConfig;
import io.tidemark.spi.recovery.RecoverySite;
import io.tidemark.spi.recovery.RecoveryTarget;
import io.tidemark.spi.recovery.RecoveryVmSpec;
import io.tidemark.spi.recovery.RecoveryVmSpec.Purpose;
import io.tidemark.spi.recovery.RecoveryVmSpec.RecoveryDisk;
import io.tidemark.spi.recovery.StagedPoint;
import io.tidemark.spi.recovery.StagingRequest;
import io.tidemark.spi.site.PowerState;
import io.tidemark.spi.site.VmHardware;
import io.tidemark.target.aws.peers.Moto;
import io.tidemark.tck.hypervisor.TckProviderContext;
import java.net.URI;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.ebs.EbsClient;
import software.amazon.awssdk.services.ec2.model.Instance;

/** The way from a volume to an instance on moto alone, EBS direct included: judged by a server that is not ours. */
final class MotoWireTest {
    private static final int SIZE_BYTES = 5 * (512 << 10) + 512;

    @Test
    void aVmIsStagedRecoveredAndDiscarded() throws Exception {
        try (AwsLab lab = new AwsLab()) {
            ProviderConfig config = lab.config(Map.of("endpoint", lab.moto().uri()));
            TckProviderContext context =
                    new TckProviderContext("wire", Files.createTempDirectory("wire-"), lab.network());
            try (RecoverySite site = (RecoverySite) new AwsTargetFactory().open(config, context, AwsLab.deadline());
                    EbsClient ebs = ebs(lab)) {
                stage(site, ebs);
                recover(lab, site, ebs);
            }
        }
    }

    private static EbsClient ebs(AwsLab lab) {
        return EbsClient.builder()
                .endpointOverride(URI.create(lab.moto().uri()))
                .region(Region.of(Moto.REGION))
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create(AwsLab.KEY, "secret")))
                .build();
    }

    private static void stage(RecoverySite site, EbsClient ebs) throws Exception {
        VolumeHistory history = new VolumeHistory(SIZE_BYTES, 41);
        VpgId vpg = VpgId.random();
        StagedPoint point = site.preStaging()
                .orElseThrow()
                .stage(
                        new StagingRequest(
                                vpg, new VolumeId("v"), new CheckpointId(1), history.disk(1), Optional.empty()),
                        progress -> {},
                        AwsLab.deadline());
        assertEquals(List.of(point), site.preStaging().orElseThrow().staged(vpg, AwsLab.deadline()));
        assertArrayEquals(history.at(1), read(ebs, point.token()));
        site.preStaging().orElseThrow().forgetAll(vpg, AwsLab.deadline());
        assertEquals(List.of(), site.preStaging().orElseThrow().staged(vpg, AwsLab.deadline()));
    }

    private static void recover(AwsLab lab, RecoverySite site, EbsClient ebs) throws Exception {
        List<VolumeHistory> disks = List.of(new VolumeHistory(SIZE_BYTES, 42), new VolumeHistory(SIZE_BYTES, 43));
        OperationId operation = OperationId.random();
        RecoveryTarget target = site.recoveryTarget().orElseThrow();
        List<BlockExport> exports = new ArrayList<>();
        List<RecoveryDisk> sources = new ArrayList<>();
        for (VolumeHistory disk : disks) {
            exports.add(lab.network().export("wire", disk.disk(1)));
            sources.add(new RecoveryDisk(
                    "vd" + exports.size(), SIZE_BYTES, exports.getLast().address()));
        }
        VmId vm = target.create(
                new RecoveryVmSpec(
                        "wire", Purpose.LIVE, new VmHardware(1L << 30, 1, Optional.empty()), sources, List.of()),
                operation,
                AwsLab.deadline());
        exports.forEach(BlockExport::close);
        target.start(vm, AwsLab.deadline());
        assertEquals(PowerState.RUNNING, site.compute().power(vm, AwsLab.deadline()));
        Instance instance = lab.ec2()
                .describeInstances()
                .reservations()
                .getFirst()
                .instances()
                .getFirst();
        String dataVolume = instance.blockDeviceMappings().stream()
                .filter(mapping -> mapping.deviceName().equals("/dev/sdb"))
                .findFirst()
                .orElseThrow()
                .ebs()
                .volumeId();
        String dataSnapshot = lab.ec2()
                .describeVolumes(request -> request.volumeIds(dataVolume))
                .volumes()
                .getFirst()
                .snapshotId();
        assertArrayEquals(disks.get(1).at(1), read(ebs, dataSnapshot));
        target.discard(operation, AwsLab.deadline());
        assertEquals(List.of(), target.list(operation, AwsLab.deadline()));
        assertEquals(List.of(), lab.ec2().describeLaunchTemplates().launchTemplates());
        assertEquals(
                List.of(),
                lab.ec2()
                        .describeSnapshots(request -> request.ownerIds("self").filters(RecoveryLab.of(operation)))
                        .snapshots());
    }

    private static byte[] read(EbsClient ebs, String snapshot) {
        byte[] found = new byte[SIZE_BYTES + (512 << 10)];
        ebs.listSnapshotBlocks(request -> request.snapshotId(snapshot)).blocks().forEach(block -> {
            byte[] bytes = ebs.getSnapshotBlockAsBytes(request -> request.snapshotId(snapshot)
                            .blockIndex(block.blockIndex())
                            .blockToken(block.blockToken()))
                    .asByteArray();
            System.arraycopy(bytes, 0, found, block.blockIndex() * (512 << 10), bytes.length);
        });
        return Arrays.copyOf(found, SIZE_BYTES);
    }
}
