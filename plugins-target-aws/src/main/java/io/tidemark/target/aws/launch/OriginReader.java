package io.tidemark.target.aws.launch;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.volume.VolumeReader;
import io.tidemark.target.aws.client.Tags;
import io.tidemark.target.aws.ebs.SnapshotBuilder;
import io.tidemark.target.aws.ebs.SnapshotRef;
import io.tidemark.target.aws.ebs.Snapshots;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import software.amazon.awssdk.services.ec2.model.LaunchTemplate;
import software.amazon.awssdk.services.ec2.model.LaunchTemplateBlockDeviceMapping;

/**
 * Reads the disks of recovered VMs from the snapshots that their volumes are made of. That is what is in the volumes as long as no guest has
 * written: always before the first start, and for ever where nothing boots, which an operator says by the setting {@code
 * guests-never-write}. Any thread.
 */
public final class OriginReader implements VolumeReader {
    private final AwsRecovery recovery;
    private final Snapshots snapshots;
    private final SnapshotBuilder builder;
    private final Guests guests;

    /** Whether guests of started VMs may have written. */
    public enum Guests {
        MAY_WRITE,
        /** An emulator, on which nothing boots. */
        NEVER_WRITE
    }

    public OriginReader(AwsRecovery recovery, Snapshots snapshots, SnapshotBuilder builder, Guests guests) {
        this.recovery = recovery;
        this.snapshots = snapshots;
        this.builder = builder;
        this.guests = guests;
    }

    @Override
    public BlockDevice openLive(VolumeId volume, Deadline deadline) throws ProviderException {
        String happened = "Volume " + volume + " was not opened";
        int slash = volume.value().indexOf('/');
        VmId vm = new VmId(slash > 0 ? volume.value().substring(0, slash) : volume.value());
        String device = volume.value().substring(slash + 1);
        if (guests == Guests.MAY_WRITE && recovery.launch().find(vm, deadline).isPresent()) {
            throw new ProviderException(
                    FailureKind.UNSUPPORTED,
                    happened,
                    "its VM has been started, and what its guest wrote is in no snapshot",
                    "Take a snapshot of the volume in EC2 and read that.");
        }
        SnapshotRef origin = origin(happened, vm, device, deadline);
        return builder.open(origin, deadline);
    }

    /** Data disks are named by the launch template, the boot disk by being the one that is left. */
    private SnapshotRef origin(String happened, VmId vm, String device, Deadline deadline) throws ProviderException {
        List<SnapshotRef> made = snapshots.find(Tags.of(Tags.VM, vm.value()), deadline).stream()
                .filter(SnapshotRef::completed)
                .toList();
        Optional<LaunchTemplate> template = recovery.launch().template(vm, deadline);
        Set<String> dataDisks = new HashSet<>();
        Optional<String> wanted = Optional.empty();
        if (template.isPresent()) {
            for (LaunchTemplateBlockDeviceMapping mapping :
                    recovery.launch().data(template.get(), deadline).blockDeviceMappings()) {
                String snapshot = mapping.ebs().snapshotId();
                if (snapshot != null && !snapshot.isEmpty()) {
                    dataDisks.add(snapshot);
                    if (mapping.deviceName().equals(device)) {
                        wanted = Optional.of(snapshot);
                    }
                }
            }
        }
        Optional<String> data = wanted;
        boolean boot = device.equals(VmNames.device(0));
        return made.stream()
                .filter(each -> boot
                        ? !dataDisks.contains(each.id())
                        : data.filter(each.id()::equals).isPresent())
                .findFirst()
                .filter(each -> template.isPresent())
                .orElseThrow(() -> new ProviderException(
                        FailureKind.UNSUPPORTED,
                        happened,
                        "the snapshot that it was made of is not known any more",
                        "Only disks of VMs that Tidemark recovered and that are not committed yet can be read."));
    }
}
