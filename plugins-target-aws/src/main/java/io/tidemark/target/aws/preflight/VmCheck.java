package io.tidemark.target.aws.preflight;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.recovery.RecoveryPreflight.PlannedVm;
import io.tidemark.target.aws.client.AwsConfig;
import io.tidemark.target.aws.ebs.Blocks;
import io.tidemark.target.aws.launch.InstanceTypes;
import io.tidemark.target.aws.launch.Placement;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.ec2.model.InstanceTypeInfo;

/** Checks VMs against instance types and EBS's bounds. */
final class VmCheck {
    /** Largest volume of the types that this plugin makes, in every region; and what StartSnapshot takes. */
    private static final long MAX_VOLUME_GIB = 16_384;
    /** AWS's bounds of user data and of tags on a resource, of which Tidemark needs ten. */
    private static final int MAX_USER_DATA_BYTES = 16 * 1024;

    private static final int MAX_TAGS = 40;

    private final InstanceTypes types;
    private final AwsConfig config;
    private final Findings findings;

    VmCheck(Ec2Client ec2, AwsConfig config, Findings findings) {
        this.types = new InstanceTypes(ec2);
        this.config = config;
        this.findings = findings;
    }

    void check(PlannedVm vm, Placement placement, Optional<String> zone, Deadline deadline) throws ProviderException {
        String subject = "VM " + vm.name();
        checkDisks(subject, vm);
        if (zone.isPresent()) {
            checkType(subject, vm, placement, zone.get(), deadline);
        }
        int userData = placement.userData().orElse("").getBytes(StandardCharsets.UTF_8).length;
        if (userData > MAX_USER_DATA_BYTES) {
            findings.error(
                    subject,
                    "its user data has " + userData + " bytes, and AWS takes " + MAX_USER_DATA_BYTES,
                    "Shorten it, or let it load the rest.");
        }
        Set<String> tags = new TreeSet<>(config.tags().keySet());
        tags.addAll(placement.tags().keySet());
        if (tags.size() > MAX_TAGS) {
            findings.error(
                    subject, "it would get " + tags.size() + " tags of yours, more than " + MAX_TAGS, "Drop some.");
        }
        if (vm.nics() > 1) {
            findings.warning(
                    subject,
                    "it has " + vm.nics() + " network interfaces, and one is recovered",
                    "Attach more by hand after the recovery if it needs them.");
        }
    }

    private void checkDisks(String subject, PlannedVm vm) {
        if (vm.diskSizesBytes().isEmpty()) {
            findings.error(subject, "it has no disk to boot from", "Protect at least its boot disk.");
        }
        List<String> rounded = new ArrayList<>();
        for (int i = 0; i < vm.diskSizesBytes().size(); i++) {
            long sizeBytes = vm.diskSizesBytes().get(i);
            long gibibytes = Blocks.gibibytes(sizeBytes);
            if (gibibytes > MAX_VOLUME_GIB) {
                findings.error(
                        subject,
                        "disk " + i + " has " + gibibytes + " GiB, and a volume holds " + MAX_VOLUME_GIB,
                        "Make the disk smaller, or recover this VM to another target.");
            } else if (gibibytes * Blocks.GIB != sizeBytes) {
                rounded.add(String.format(
                        Locale.ROOT, "disk %d from %.3f to %d GiB", i, (double) sizeBytes / Blocks.GIB, gibibytes));
            }
        }
        if (!rounded.isEmpty()) {
            findings.info(
                    subject,
                    "EBS has whole GiB only; rounded up: " + String.join(", ", rounded),
                    "Nothing to do: the true size is kept in the tag tidemark:true-size.");
        }
    }

    private void checkType(String subject, PlannedVm vm, Placement placement, String zone, Deadline deadline)
            throws ProviderException {
        List<String> names = placement.instanceType().map(List::of).orElse(config.instanceTypes());
        List<InstanceTypeInfo> known = types.describe(names, deadline);
        Set<String> offered = types.offeredIn(zone, names, deadline);
        List<InstanceTypeInfo> usable = known.stream()
                .filter(type -> offered.contains(type.instanceTypeAsString()))
                .toList();
        int disks = vm.diskSizesBytes().size();
        if (placement.instanceType().isEmpty()) {
            Optional<InstanceTypeInfo> chosen =
                    InstanceTypes.smallest(usable, vm.hardware(), disks, placement.bootMode());
            if (chosen.isEmpty()) {
                findings.error(
                        subject,
                        "none of the " + usable.size() + " allowed instance types that " + zone
                                + " offers has enough for " + (vm.hardware().memoryBytes() >> 20) + " MiB, "
                                + vm.hardware().processors() + " processors and " + disks + " disks",
                        "Allow larger ones in the setting instance-types, or name one in the VM's placement.");
            } else {
                findings.info(subject, "it will be a " + chosen.get().instanceTypeAsString(), "Nothing to do.");
            }
            return;
        }
        String name = placement.instanceType().get();
        if (known.isEmpty()) {
            findings.error(
                    subject,
                    "region " + config.access().region() + " has no instance type " + name,
                    "Name another one in the VM's placement.");
        } else if (usable.isEmpty()) {
            findings.error(
                    subject,
                    "availability zone " + zone + " does not offer " + name,
                    "Name another type, or a subnet of another zone.");
        } else {
            InstanceTypes.problems(usable.getFirst(), vm.hardware(), disks, placement.bootMode())
                    .forEach(problem -> findings.error(
                            subject, "instance type " + name + ": " + problem, "Name a larger one in its placement."));
        }
    }
}
