package io.tidemark.target.aws.launch;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.target.aws.client.AwsFailures;
import io.tidemark.target.aws.client.Tags;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleConsumer;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.ec2.model.Instance;
import software.amazon.awssdk.services.ec2.model.InstanceBlockDeviceMapping;
import software.amazon.awssdk.services.ec2.model.InstanceBlockDeviceMappingSpecification;
import software.amazon.awssdk.services.ec2.model.InstanceNetworkInterface;

/**
 * Turns a recovered VM into an ordinary instance. Its volumes are EBS volumes already, and a volume does not need the snapshot that it was
 * made from; so nothing is copied.
 *
 * <pre>
 *   RECOVERED ──tag on the instance (from here on no discard touches it)──▶ PROMOTED ──volumes kept at termination, tagged──▶
 *   image, launch template and snapshots of the VM removed ──▶ (done)
 * </pre>
 */
final class VmPromotion {
    private final Ec2Client ec2;
    private final VmLaunch launch;
    private final Leftovers leftovers;

    VmPromotion(Ec2Client ec2, VmLaunch launch, Leftovers leftovers) {
        this.ec2 = ec2;
        this.launch = launch;
        this.leftovers = leftovers;
    }

    void promote(VmId vm, OperationId operation, DoubleConsumer progress, Deadline deadline) throws ProviderException {
        String happened = "VM " + vm + " was not promoted";
        Instance instance = launch.find(vm, deadline)
                .filter(each -> Tags.read(each.tags(), Tags.OPERATION)
                        .filter(operation.toString()::equals)
                        .isPresent())
                .orElseThrow(() -> AwsFailures.rejected(
                        happened,
                        "operation " + operation + " has no such VM that was started",
                        "List the operation's VMs, and start the VM first."));
        tag(happened, List.of(instance.instanceId()), deadline);
        progress.accept(0.2);
        keepVolumes(happened, instance, deadline);
        List<String> parts = new ArrayList<>();
        for (InstanceBlockDeviceMapping mapping : instance.blockDeviceMappings()) {
            parts.add(mapping.ebs().volumeId());
        }
        for (InstanceNetworkInterface nic : instance.networkInterfaces()) {
            parts.add(nic.networkInterfaceId());
        }
        if (!parts.isEmpty()) {
            tag(happened, parts, deadline);
        }
        progress.accept(0.5);
        leftovers.removeMakings(operation, vm, deadline);
        progress.accept(1);
    }

    private void tag(String happened, List<String> resources, Deadline deadline) throws ProviderException {
        AwsFailures.call(
                happened,
                deadline,
                limit -> ec2.createTags(request -> request.resources(resources)
                        .tags(Tags.of(Tags.ROLE, Tags.PROMOTED).toList())
                        .overrideConfiguration(limit)));
    }

    private void keepVolumes(String happened, Instance instance, Deadline deadline) throws ProviderException {
        List<InstanceBlockDeviceMappingSpecification> kept = instance.blockDeviceMappings().stream()
                .filter(mapping -> Boolean.TRUE.equals(mapping.ebs().deleteOnTermination()))
                .map(mapping -> InstanceBlockDeviceMappingSpecification.builder()
                        .deviceName(mapping.deviceName())
                        .ebs(ebs -> ebs.deleteOnTermination(false))
                        .build())
                .toList();
        if (!kept.isEmpty()) {
            AwsFailures.call(
                    happened,
                    deadline,
                    limit -> ec2.modifyInstanceAttribute(request -> request.instanceId(instance.instanceId())
                            .blockDeviceMappings(kept)
                            .overrideConfiguration(limit)));
        }
    }
}
