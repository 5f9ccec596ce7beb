package io.tidemark.target.aws.launch;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.target.aws.client.AwsFailures;
import io.tidemark.target.aws.client.Polling;
import io.tidemark.target.aws.client.Tags;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.ec2.model.BlockDeviceMapping;
import software.amazon.awssdk.services.ec2.model.Instance;
import software.amazon.awssdk.services.ec2.model.InstanceNetworkInterfaceSpecification;
import software.amazon.awssdk.services.ec2.model.InstanceStateName;
import software.amazon.awssdk.services.ec2.model.LaunchTemplate;
import software.amazon.awssdk.services.ec2.model.LaunchTemplateBlockDeviceMapping;
import software.amazon.awssdk.services.ec2.model.ResourceType;
import software.amazon.awssdk.services.ec2.model.ResponseLaunchTemplateData;
import software.amazon.awssdk.services.ec2.model.Tag;
import software.amazon.awssdk.services.ec2.model.TagSpecification;

/** Starts and stops instances; the first start of a recovered VM makes its instance from the launch template. */
final class VmLaunch {
    /** After these an instance never runs again. */
    private static final Set<InstanceStateName> OVER =
            Set.of(InstanceStateName.SHUTTING_DOWN, InstanceStateName.TERMINATED);

    private final Ec2Client ec2;
    private final Ec2Listing listing;

    VmLaunch(Ec2Client ec2, Ec2Listing listing) {
        this.ec2 = ec2;
        this.listing = listing;
    }

    void start(VmId vm, Deadline deadline) throws ProviderException {
        String happened = "VM " + vm + " was not started";
        Optional<Instance> there = find(vm, deadline);
        String id;
        if (there.isPresent()) {
            id = there.get().instanceId();
            startExisting(happened, there.get(), deadline);
        } else {
            id = run(happened, template(happened, vm, deadline), vm, deadline);
        }
        await(happened, id, InstanceStateName.RUNNING, deadline);
    }

    /** The instance of a VM; empty when it is not running yet, or not there. */
    Optional<Instance> find(VmId vm, Deadline deadline) throws ProviderException {
        return VmNames.isOurs(vm)
                ? listing.instanceOf(vm.value(), deadline)
                : listing.instance(vm.value(), deadline).filter(Ec2Listing::isAlive);
    }

    private void startExisting(String happened, Instance instance, Deadline deadline) throws ProviderException {
        if (instance.state().name() == InstanceStateName.STOPPING) {
            await(happened, instance.instanceId(), InstanceStateName.STOPPED, deadline);
        }
        // Does nothing to one that runs or is about to.
        AwsFailures.call(
                happened,
                deadline,
                limit -> ec2.startInstances(
                        request -> request.instanceIds(instance.instanceId()).overrideConfiguration(limit)));
    }

    Optional<LaunchTemplate> template(VmId vm, Deadline deadline) throws ProviderException {
        return listing.launchTemplates(Tags.of(Tags.VM, vm.value()).filters(), deadline).stream()
                .findFirst();
    }

    private LaunchTemplate template(String happened, VmId vm, Deadline deadline) throws ProviderException {
        return template(vm, deadline)
                .orElseThrow(() -> AwsFailures.rejected(
                        happened,
                        "there is no such VM in this region",
                        "List the operation's VMs, or create it again."));
    }

    ResponseLaunchTemplateData data(LaunchTemplate template, Deadline deadline) throws ProviderException {
        return AwsFailures.call(
                        "Launch template " + template.launchTemplateName() + " was not read",
                        deadline,
                        limit -> ec2.describeLaunchTemplateVersions(
                                request -> request.launchTemplateId(template.launchTemplateId())
                                        .versions(Long.toString(template.defaultVersionNumber()))
                                        .overrideConfiguration(limit)))
                .launchTemplateVersions()
                .getFirst()
                .launchTemplateData();
    }

    private String run(String happened, LaunchTemplate template, VmId vm, Deadline deadline) throws ProviderException {
        ResponseLaunchTemplateData data = data(template, deadline);
        // With a token that was used for an instance that was terminated, AWS would answer with that one.
        long attemptsBefore = listing.instances(Tags.of(Tags.VM, vm.value()).filters(), deadline).stream()
                .filter(instance -> !Ec2Listing.isAlive(instance))
                .count();
        List<BlockDeviceMapping> mappings =
                data.blockDeviceMappings().stream().map(VmLaunch::mapping).toList();
        List<InstanceNetworkInterfaceSpecification> interfaces = data.networkInterfaces().stream()
                .map(nic -> InstanceNetworkInterfaceSpecification.builder()
                        .deviceIndex(nic.deviceIndex())
                        .networkInterfaceId(nic.networkInterfaceId())
                        .build())
                .toList();
        return AwsFailures.call(
                        happened,
                        deadline,
                        limit -> ec2.runInstances(request -> request.imageId(data.imageId())
                                .instanceType(data.instanceTypeAsString())
                                .minCount(1)
                                .maxCount(1)
                                .clientToken(vm.value() + "-" + attemptsBefore)
                                .userData(data.userData())
                                .blockDeviceMappings(mappings)
                                .networkInterfaces(interfaces)
                                .tagSpecifications(specifications(template))
                                .overrideConfiguration(limit)))
                .instances()
                .getFirst()
                .instanceId();
    }

    private static BlockDeviceMapping mapping(LaunchTemplateBlockDeviceMapping planned) {
        return BlockDeviceMapping.builder()
                .deviceName(planned.deviceName())
                .ebs(ebs -> ebs.snapshotId(planned.ebs().snapshotId())
                        .volumeSize(planned.ebs().volumeSize())
                        .volumeType(planned.ebs().volumeType())
                        .deleteOnTermination(planned.ebs().deleteOnTermination()))
                .build();
    }

    /** What the template carries goes to the instance and its volumes in the very call that makes them: none is ever untagged. */
    private static List<TagSpecification> specifications(LaunchTemplate template) {
        List<Tag> tags = template.tags().stream()
                .filter(tag -> !tag.key().startsWith("aws:"))
                .toList();
        List<TagSpecification> all = new ArrayList<>();
        for (ResourceType type : List.of(ResourceType.INSTANCE, ResourceType.VOLUME)) {
            all.add(TagSpecification.builder().resourceType(type).tags(tags).build());
        }
        return all;
    }

    /** How an instance is brought to a stop. */
    enum Stopping {
        /** The guest is asked first. */
        GRACEFUL,
        FORCED
    }

    void stop(VmId vm, Stopping how, Deadline deadline) throws ProviderException {
        String happened = "VM " + vm + " was not stopped";
        Optional<Instance> there = find(vm, deadline);
        if (there.isEmpty()) {
            template(happened, vm, deadline);
            return;
        }
        String id = there.get().instanceId();
        if (there.get().state().name() != InstanceStateName.STOPPED) {
            AwsFailures.call(
                    happened,
                    deadline,
                    limit -> ec2.stopInstances(request -> request.instanceIds(id)
                            .force(how == Stopping.FORCED)
                            .overrideConfiguration(limit)));
            await(happened, id, InstanceStateName.STOPPED, deadline);
        }
    }

    private void await(String happened, String id, InstanceStateName wanted, Deadline deadline)
            throws ProviderException {
        Polling.until(happened, deadline, () -> {
            // One that was just made is not seen at once everywhere.
            Optional<Instance> now = listing.instance(id, deadline);
            if (now.isPresent()
                    && wanted != now.get().state().name()
                    && OVER.contains(now.get().state().name())) {
                throw AwsFailures.rejected(
                        happened,
                        "AWS ended instance " + id + ": "
                                + (now.get().stateReason() == null
                                        ? "without a reason"
                                        : now.get().stateReason().message()),
                        "Correct what it names, then try again.");
            }
            return now.filter(instance -> instance.state().name() == wanted);
        });
    }
}
