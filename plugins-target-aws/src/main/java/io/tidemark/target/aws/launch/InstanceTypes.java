package io.tidemark.target.aws.launch;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.site.VmHardware;
import io.tidemark.target.aws.client.AwsFailures;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.ec2.model.AttachmentLimitType;
import software.amazon.awssdk.services.ec2.model.Filter;
import software.amazon.awssdk.services.ec2.model.InstanceTypeInfo;
import software.amazon.awssdk.services.ec2.model.LocationType;

/** Instance types: what they are, where they are offered, and which one a VM gets. Any thread. */
public final class InstanceTypes {
    private static final long MIB = 1L << 20;
    /** What most Nitro types share between volumes, network interfaces and instance store, where AWS does not say. */
    private static final int USUAL_ATTACHMENTS = 28;

    private final Ec2Client ec2;

    public InstanceTypes(Ec2Client ec2) {
        this.ec2 = ec2;
    }

    /** Those of the named types that this region has. */
    public List<InstanceTypeInfo> describe(List<String> names, Deadline deadline) throws ProviderException {
        return AwsFailures.call("Instance types were not listed", deadline, limit -> ec2
                .describeInstanceTypesPaginator(request -> request.filters(Filter.builder()
                                .name("instance-type")
                                .values(names)
                                .build())
                        .overrideConfiguration(limit))
                .instanceTypes()
                .stream()
                .toList());
    }

    /** Those of the named types that an availability zone has. */
    public Set<String> offeredIn(String zone, List<String> names, Deadline deadline) throws ProviderException {
        return AwsFailures.call("Offers of instance types were not listed", deadline, limit -> ec2
                .describeInstanceTypeOfferingsPaginator(request -> request.locationType(LocationType.AVAILABILITY_ZONE)
                        .filters(
                                Filter.builder().name("location").values(zone).build(),
                                Filter.builder()
                                        .name("instance-type")
                                        .values(names)
                                        .build())
                        .overrideConfiguration(limit))
                .instanceTypeOfferings()
                .stream()
                .map(offer -> offer.instanceTypeAsString())
                .collect(Collectors.toSet()));
    }

    /** The smallest type that fits: by memory, then by processors. */
    public static Optional<InstanceTypeInfo> smallest(
            List<InstanceTypeInfo> types, VmHardware hardware, int disks, String bootMode) {
        return types.stream()
                .filter(type -> problems(type, hardware, disks, bootMode).isEmpty())
                .min(Comparator.<InstanceTypeInfo>comparingLong(
                                type -> type.memoryInfo().sizeInMiB())
                        .thenComparingInt(type -> type.vCpuInfo().defaultVCpus())
                        .thenComparing(InstanceTypeInfo::instanceTypeAsString));
    }

    /** Why a VM does not fit a type; nothing when it does. */
    public static List<String> problems(InstanceTypeInfo type, VmHardware hardware, int disks, String bootMode) {
        List<String> problems = new ArrayList<>();
        long memoryMib = type.memoryInfo().sizeInMiB();
        if (memoryMib * MIB < hardware.memoryBytes()) {
            problems.add("it has " + memoryMib + " MiB of memory, the VM " + hardware.memoryBytes() / MIB);
        }
        if (type.vCpuInfo().defaultVCpus() < hardware.processors()) {
            problems.add("it has " + type.vCpuInfo().defaultVCpus() + " processors, the VM " + hardware.processors());
        }
        if (maxVolumes(type) < disks) {
            problems.add("it takes " + maxVolumes(type) + " volumes, the VM has " + disks + " disks");
        }
        if (type.processorInfo() != null
                && !type.processorInfo().supportedArchitecturesAsStrings().contains("x86_64")) {
            problems.add("it is not of architecture x86_64");
        }
        if (type.hasSupportedBootModes()
                && "uefi".equals(bootMode)
                && !type.supportedBootModesAsStrings().contains("uefi")) {
            problems.add("it does not boot by UEFI");
        }
        return List.copyOf(problems);
    }

    /** Volumes that can be attached beside one network interface. */
    static int maxVolumes(InstanceTypeInfo type) {
        Integer most = type.ebsInfo() == null ? null : type.ebsInfo().maximumEbsAttachments();
        if (most == null) {
            return USUAL_ATTACHMENTS - 1;
        }
        boolean shared = type.ebsInfo().attachmentLimitType() != AttachmentLimitType.DEDICATED;
        return shared ? most - 1 : most;
    }
}
