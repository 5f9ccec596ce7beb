package io.tidemark.target.aws;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidemark.spi.block.BlockExport;
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
import io.tidemark.spi.site.VmDescription.NicDescription;
import io.tidemark.spi.site.VmHardware;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.ec2.model.Filter;
import software.amazon.awssdk.services.ec2.model.Instance;
import software.amazon.awssdk.services.ec2.model.InstanceStateName;
import software.amazon.awssdk.services.ec2.model.Tag;
import software.amazon.awssdk.services.ec2.model.Volume;

/** A VM of two disks with a history, staged at some checkpoints, and served at others as a host serves it. */
final class RecoveryLab implements AutoCloseable {
    private static final int BOOT_BYTES = 6 * (512 << 10);
    private static final int DATA_BYTES = 9 * (512 << 10) + 512;

    private final AwsLab lab = new AwsLab();
    private final VpgId vpg = VpgId.random();
    private final List<VolumeHistory> histories =
            List.of(new VolumeHistory(BOOT_BYTES, 31), new VolumeHistory(DATA_BYTES, 32));
    private final List<String> devices = List.of("vda", "vdb");
    private final List<BlockExport> exports = new ArrayList<>();
    private final List<StagedPoint> staged = new ArrayList<>();

    RecoveryLab() throws Exception {
        for (VolumeHistory history : histories) {
            for (int i = 0; i < 4; i++) {
                history.advance(2);
            }
        }
        for (int i = 0; i < histories.size(); i++) {
            staged.add(lab.staging()
                    .stage(
                            new StagingRequest(
                                    vpg,
                                    volume(i),
                                    new CheckpointId(3),
                                    histories.get(i).disk(3),
                                    Optional.empty()),
                            progress -> {},
                            AwsLab.deadline()));
        }
        lab.fake().takePuts();
    }

    AwsLab lab() {
        return lab;
    }

    private static VolumeId volume(int disk) {
        return new VolumeId("vm-1/disk-" + disk);
    }

    /** Blocks that a recovery of a checkpoint has to write beyond what is staged. */
    int delta(int checkpoint) {
        return histories.stream()
                .mapToInt(history -> VolumeHistory.blocksOf(history.between(3, checkpoint)))
                .sum();
    }

    /** All blocks that a recovery of a checkpoint has to write where nothing is staged. */
    int blocks(int checkpoint) {
        return histories.stream()
                .mapToInt(history ->
                        VolumeHistory.differing(history.at(checkpoint), new byte[history.at(checkpoint).length]))
                .sum();
    }

    RecoveryVmSpec spec(String name, Purpose purpose, int checkpoint) throws Exception {
        List<RecoveryDisk> disks = new ArrayList<>();
        for (int i = 0; i < histories.size(); i++) {
            BlockExport export = lab.network().export("disk", histories.get(i).disk(checkpoint));
            exports.add(export);
            disks.add(new RecoveryDisk(devices.get(i), histories.get(i).at(checkpoint).length, export.address()));
        }
        return new RecoveryVmSpec(
                name,
                purpose,
                new VmHardware(3L << 30, 2, Optional.empty()),
                disks,
                List.of(new NicDescription("52:54:00:00:00:01", "production", "virtio")));
    }

    RecoveryOrigin origin(int checkpoint, Map<String, String> placement) {
        List<RecoveryOrigin.DiskOrigin> origins = new ArrayList<>();
        for (int i = 0; i < histories.size(); i++) {
            origins.add(new RecoveryOrigin.DiskOrigin(
                    volume(i),
                    new CheckpointId(checkpoint),
                    Optional.of(new ChangesSince(
                            staged.get(i), Optional.of(histories.get(i).between(3, checkpoint))))));
        }
        return new RecoveryOrigin(vpg, origins, placement);
    }

    VmId create(RecoveryVmSpec spec, int checkpoint, OperationId operation) throws Exception {
        return lab.staging().create(spec, origin(checkpoint, Map.of()), operation, progress -> {}, AwsLab.deadline());
    }

    byte[] contents(int disk, int checkpoint) {
        return histories.get(disk).at(checkpoint);
    }

    /** The snapshots that an operation made, by device, hold the checkpoint. */
    void assertDisksHold(int checkpoint, OperationId operation, VmId vm) {
        Map<String, String> snapshots = new TreeMap<>();
        ec2().describeSnapshots(request -> request.ownerIds("self").filters(of(operation))).snapshots().stream()
                .filter(each -> vm.value().equals(tag(each.tags(), "tidemark:vm")))
                .forEach(each -> snapshots.put(tag(each.tags(), "tidemark:device"), each.snapshotId()));
        assertEquals(new TreeSet<>(devices), snapshots.keySet());
        for (int i = 0; i < devices.size(); i++) {
            lab.assertHolds(histories.get(i).at(checkpoint), snapshots.getOrDefault(devices.get(i), ""));
        }
    }

    void assertHolds(int disk, int checkpoint, String snapshot) {
        lab.assertHolds(histories.get(disk).at(checkpoint), snapshot);
    }

    static Filter of(OperationId operation) {
        return Filter.builder()
                .name("tag:tidemark:operation")
                .values(operation.toString())
                .build();
    }

    static String tag(List<Tag> tags, String name) {
        return tags.stream()
                .filter(tag -> tag.key().equals(name))
                .map(Tag::value)
                .findFirst()
                .orElse("");
    }

    Ec2Client ec2() {
        return lab.ec2();
    }

    List<Instance> instances(OperationId operation) {
        return ec2().describeInstances(request -> request.filters(of(operation))).reservations().stream()
                .flatMap(reservation -> reservation.instances().stream())
                .filter(instance -> instance.state().name() != InstanceStateName.TERMINATED)
                .toList();
    }

    List<Volume> volumes(OperationId operation) {
        return ec2().describeVolumes(request -> request.filters(of(operation))).volumes();
    }

    /** Everything in the account that is not this lab's own, by kind: what is there, whatever it is tagged with. */
    TreeSet<String> everything() {
        TreeSet<String> all = new TreeSet<>();
        ec2().describeInstances().reservations().stream()
                .flatMap(reservation -> reservation.instances().stream())
                .filter(instance -> instance.state().name() != InstanceStateName.TERMINATED)
                .forEach(instance -> all.add(instance.instanceId()));
        // moto keeps the volume that it invents behind each EBS direct snapshot; those have no tags.
        ec2().describeVolumes().volumes().stream()
                .filter(volume -> volume.hasTags() && !volume.tags().isEmpty())
                .forEach(volume -> all.add(volume.volumeId()));
        ec2().describeNetworkInterfaces().networkInterfaces().forEach(each -> all.add(each.networkInterfaceId()));
        ec2().describeLaunchTemplates().launchTemplates().forEach(each -> all.add(each.launchTemplateId()));
        ec2().describeImages(request -> request.owners("self")).images().forEach(each -> all.add(each.imageId()));
        all.addAll(lab.fake().ids());
        return all;
    }

    @Override
    public void close() throws Exception {
        exports.forEach(BlockExport::close);
        lab.close();
    }
}
