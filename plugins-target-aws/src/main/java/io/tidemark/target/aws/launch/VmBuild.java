package io.tidemark.target.aws.launch;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.recovery.RecoveryVmSpec;
import io.tidemark.target.aws.client.AwsConfig;
import io.tidemark.target.aws.client.AwsFailures;
import io.tidemark.target.aws.client.Polling;
import io.tidemark.target.aws.client.Tags;
import io.tidemark.target.aws.ebs.SnapshotRef;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.ec2.model.ArchitectureValues;
import software.amazon.awssdk.services.ec2.model.BlockDeviceMapping;
import software.amazon.awssdk.services.ec2.model.CreateNetworkInterfaceRequest;
import software.amazon.awssdk.services.ec2.model.Image;
import software.amazon.awssdk.services.ec2.model.ImageState;
import software.amazon.awssdk.services.ec2.model.InstanceTypeInfo;
import software.amazon.awssdk.services.ec2.model.LaunchTemplateBlockDeviceMappingRequest;
import software.amazon.awssdk.services.ec2.model.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest;
import software.amazon.awssdk.services.ec2.model.NetworkInterface;
import software.amazon.awssdk.services.ec2.model.RequestLaunchTemplateData;
import software.amazon.awssdk.services.ec2.model.ResourceType;
import software.amazon.awssdk.services.ec2.model.Subnet;

/**
 * Defines a VM from finished snapshots: an image of the boot disk, a network interface, and last a launch template, which is the VM as long
 * as it is off. Each is looked for before it is made.
 */
final class VmBuild {
    private final Ec2Client ec2;
    private final AwsConfig config;
    private final Ec2Listing listing;
    private final InstanceTypes types;

    VmBuild(Ec2Client ec2, AwsConfig config, Ec2Listing listing) {
        this.ec2 = ec2;
        this.config = config;
        this.listing = listing;
        this.types = new InstanceTypes(ec2);
    }

    boolean isDefined(VmId vm, Deadline deadline) throws ProviderException {
        return listing.instanceOf(vm.value(), deadline).isPresent()
                || !listing.launchTemplates(Tags.of(Tags.VM, vm.value()).filters(), deadline)
                        .isEmpty();
    }

    static Tags tags(RecoveryVmSpec spec, OperationId operation, VmId vm) {
        return Tags.of(Tags.ROLE, Tags.RECOVERED)
                .and(Tags.OPERATION, operation.toString())
                .and(Tags.VM, vm.value())
                .and(Tags.NAME, spec.name());
    }

    /** @param disks in bus order, the first one boots */
    void define(
            RecoveryVmSpec spec,
            Placement placement,
            OperationId operation,
            VmId vm,
            List<SnapshotRef> disks,
            Deadline deadline)
            throws ProviderException {
        Tags tags = tags(spec, operation, vm).andAll(placement.tags()).andAll(config.tags());
        String type = instanceType(spec, placement, deadline);
        String image = image(spec, placement, operation, vm, tags, disks.getFirst(), deadline);
        String networkInterface = networkInterface(placement, vm, tags, deadline);
        List<LaunchTemplateBlockDeviceMappingRequest> mappings = new ArrayList<>();
        for (int i = 0; i < disks.size(); i++) {
            mappings.add(mapping(i, disks.get(i)));
        }
        RequestLaunchTemplateData.Builder data = RequestLaunchTemplateData.builder()
                .imageId(image)
                .instanceType(type)
                .blockDeviceMappings(mappings)
                .networkInterfaces(LaunchTemplateInstanceNetworkInterfaceSpecificationRequest.builder()
                        .deviceIndex(0)
                        .networkInterfaceId(networkInterface)
                        .build());
        placement.userData().ifPresent(text -> data.userData(base64(text)));
        AwsFailures.call(
                "VM " + spec.name() + " was not defined",
                deadline,
                limit -> ec2.createLaunchTemplate(request -> request.launchTemplateName(VmNames.launchTemplate(vm))
                        .clientToken(vm.value())
                        .launchTemplateData(data.build())
                        .tagSpecifications(tags.on(ResourceType.LAUNCH_TEMPLATE))
                        .overrideConfiguration(limit)));
    }

    private LaunchTemplateBlockDeviceMappingRequest mapping(int position, SnapshotRef disk) {
        return LaunchTemplateBlockDeviceMappingRequest.builder()
                .deviceName(VmNames.device(position))
                .ebs(ebs -> {
                    ebs.volumeSize(disk.sizeGib())
                            .volumeType(config.volumeType())
                            .deleteOnTermination(true);
                    if (position > 0) {
                        // That of the boot disk is the image's, and must not be told again.
                        ebs.snapshotId(disk.id());
                    }
                })
                .build();
    }

    private String instanceType(RecoveryVmSpec spec, Placement placement, Deadline deadline) throws ProviderException {
        if (placement.instanceType().isPresent()) {
            return placement.instanceType().get();
        }
        String happened = "VM " + spec.name() + " was not defined";
        Subnet subnet = AwsFailures.call(
                        happened,
                        deadline,
                        limit -> ec2.describeSubnets(
                                request -> request.subnetIds(placement.subnet()).overrideConfiguration(limit)))
                .subnets()
                .getFirst();
        Set<String> offered = types.offeredIn(subnet.availabilityZone(), config.instanceTypes(), deadline);
        List<InstanceTypeInfo> candidates = types.describe(config.instanceTypes(), deadline).stream()
                .filter(type -> offered.contains(type.instanceTypeAsString()))
                .toList();
        Optional<InstanceTypeInfo> chosen =
                InstanceTypes.smallest(candidates, spec.hardware(), spec.disks().size(), placement.bootMode());
        return chosen.map(InstanceTypeInfo::instanceTypeAsString)
                .orElseThrow(() -> AwsFailures.rejected(
                        happened,
                        "none of the allowed instance types that " + subnet.availabilityZone()
                                + " offers has enough memory, processors and volume attachments for it",
                        "Allow larger ones in the setting instance-types, or name one in the VM's placement."));
    }

    private String image(
            RecoveryVmSpec spec,
            Placement placement,
            OperationId operation,
            VmId vm,
            Tags tags,
            SnapshotRef boot,
            Deadline deadline)
            throws ProviderException {
        String name = VmNames.image(operation, vm);
        Optional<Image> there = listing.images(name, deadline).stream().findFirst();
        String id = there.isPresent() ? there.get().imageId() : register(name, spec, placement, tags, boot, deadline);
        String happened = "The image of VM " + spec.name() + " cannot be used yet";
        Polling.until(happened, deadline, () -> {
            Optional<Image> now = listing.images(name, deadline).stream().findFirst();
            return now.filter(image -> image.state() == ImageState.AVAILABLE);
        });
        return id;
    }

    private String register(
            String name, RecoveryVmSpec spec, Placement placement, Tags tags, SnapshotRef boot, Deadline deadline)
            throws ProviderException {
        BlockDeviceMapping root = BlockDeviceMapping.builder()
                .deviceName(VmNames.device(0))
                .ebs(ebs -> ebs.snapshotId(boot.id())
                        .volumeType(config.volumeType())
                        .deleteOnTermination(true))
                .build();
        return AwsFailures.call(
                        "The image of VM " + spec.name() + " was not registered",
                        deadline,
                        limit -> ec2.registerImage(request -> request.name(name)
                                .description("Tidemark: boot disk of " + spec.name())
                                .architecture(ArchitectureValues.X86_64)
                                .virtualizationType("hvm")
                                .enaSupport(true)
                                .bootMode(placement.bootMode())
                                .rootDeviceName(VmNames.device(0))
                                .blockDeviceMappings(root)
                                .tagSpecifications(tags.on(ResourceType.IMAGE))
                                .overrideConfiguration(limit)))
                .imageId();
    }

    private String networkInterface(Placement placement, VmId vm, Tags tags, Deadline deadline)
            throws ProviderException {
        Optional<NetworkInterface> there =
                listing.networkInterfaces(Tags.of(Tags.VM, vm.value()).filters(), deadline).stream()
                        .findFirst();
        if (there.isPresent()) {
            return there.get().networkInterfaceId();
        }
        CreateNetworkInterfaceRequest.Builder request = CreateNetworkInterfaceRequest.builder()
                .subnetId(placement.subnet())
                .description("Tidemark: " + vm)
                .clientToken(vm.value())
                .tagSpecifications(tags.on(ResourceType.NETWORK_INTERFACE));
        if (!placement.securityGroups().isEmpty()) {
            request.groups(placement.securityGroups());
        }
        placement.privateIp().ifPresent(request::privateIpAddress);
        return AwsFailures.call(
                        "The network interface of VM " + vm + " was not made",
                        deadline,
                        limit -> ec2.createNetworkInterface(
                                request.overrideConfiguration(limit).build()))
                .networkInterface()
                .networkInterfaceId();
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
