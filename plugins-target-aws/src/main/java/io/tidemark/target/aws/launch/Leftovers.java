package io.tidemark.target.aws.launch;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.target.aws.client.AwsFailures;
import io.tidemark.target.aws.client.Polling;
import io.tidemark.target.aws.client.Tags;
import io.tidemark.target.aws.ebs.SnapshotRef;
import io.tidemark.target.aws.ebs.Snapshots;
import io.tidemark.target.aws.ebs.Snapshots.Removal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.ec2.model.Filter;
import software.amazon.awssdk.services.ec2.model.Image;
import software.amazon.awssdk.services.ec2.model.Instance;
import software.amazon.awssdk.services.ec2.model.InstanceStateName;
import software.amazon.awssdk.services.ec2.model.LaunchTemplate;
import software.amazon.awssdk.services.ec2.model.NetworkInterface;
import software.amazon.awssdk.services.ec2.model.Tag;
import software.amazon.awssdk.services.ec2.model.Volume;
import software.amazon.awssdk.services.ec2.model.VolumeState;

/**
 * Removes what an operation made, in the order in which AWS lets go of it: instances, templates, images, interfaces, volumes, snapshots.
 * Found by tag or name, never from memory; what a promoted VM consists of is left alone. It ends with a listing that has to be empty.
 */
final class Leftovers {
    /** Refusals that pass once something else is gone. */
    private static final Set<String> STILL_USED =
            Set.of("VolumeInUse", "InvalidNetworkInterface.InUse", "InvalidParameterValue", "IncorrectState");

    private final Ec2Client ec2;
    private final Ec2Listing listing;
    private final Snapshots snapshots;

    Leftovers(Ec2Client ec2, Ec2Listing listing, Snapshots snapshots) {
        this.ec2 = ec2;
        this.listing = listing;
        this.snapshots = snapshots;
    }

    void removeAll(OperationId operation, Deadline deadline) throws ProviderException {
        List<Filter> ours = Ec2Listing.of(operation);
        List<Instance> instances = listing.instances(ours, deadline);
        Set<String> promoted = instances.stream()
                .filter(instance -> hasRole(instance.tags(), Tags.PROMOTED))
                .flatMap(instance -> Tags.read(instance.tags(), Tags.VM).stream())
                .collect(Collectors.toSet());
        terminate(
                instances.stream()
                        .filter(instance -> !isKept(instance.tags(), promoted))
                        .toList(),
                ours,
                deadline);
        removeTemplates(ours, deadline);
        removeImages(VmNames.imagePrefix(operation), deadline);
        for (NetworkInterface nic : listing.networkInterfaces(ours, deadline)) {
            if (!isKept(nic.tagSet(), promoted)) {
                removeInterface(nic.networkInterfaceId(), deadline);
            }
        }
        for (Volume volume : listing.volumes(ours, deadline)) {
            if (!isKept(volume.tags(), promoted)) {
                removeVolume(volume.volumeId(), deadline);
            }
        }
        removeSnapshots(Tags.of(Tags.OPERATION, operation.toString()), deadline);
        requireNothing(operation, promoted, deadline);
    }

    /** Removes what a VM was made with, once it does not need it any more: image, template, snapshots. */
    void removeMakings(OperationId operation, VmId vm, Deadline deadline) throws ProviderException {
        removeTemplates(Tags.of(Tags.VM, vm.value()).filters(), deadline);
        removeImages(VmNames.image(operation, vm), deadline);
        removeSnapshots(Tags.of(Tags.OPERATION, operation.toString()).and(Tags.VM, vm.value()), deadline);
    }

    private static boolean hasRole(List<Tag> tags, String role) {
        return Tags.read(tags, Tags.ROLE).filter(role::equals).isPresent();
    }

    private static boolean isKept(List<Tag> tags, Set<String> promoted) {
        return hasRole(tags, Tags.PROMOTED)
                || Tags.read(tags, Tags.VM).filter(promoted::contains).isPresent();
    }

    private void terminate(List<Instance> instances, List<Filter> ours, Deadline deadline) throws ProviderException {
        Set<String> ids = instances.stream()
                .filter(instance -> instance.state().name() != InstanceStateName.TERMINATED)
                .map(Instance::instanceId)
                .collect(Collectors.toSet());
        if (ids.isEmpty()) {
            return;
        }
        AwsFailures.call(
                "Instances were not terminated",
                deadline,
                limit -> ec2.terminateInstances(
                        request -> request.instanceIds(ids).overrideConfiguration(limit)));
        Polling.until("Instances were not terminated", deadline, () -> {
            boolean over = listing.instances(ours, deadline).stream()
                    .filter(instance -> ids.contains(instance.instanceId()))
                    .allMatch(instance -> instance.state().name() == InstanceStateName.TERMINATED);
            return over ? Optional.of(true) : Optional.empty();
        });
    }

    private void removeTemplates(List<Filter> filters, Deadline deadline) throws ProviderException {
        for (LaunchTemplate template : listing.launchTemplates(filters, deadline)) {
            remove(
                    "Launch template " + template.launchTemplateId(),
                    deadline,
                    limit -> ec2.deleteLaunchTemplate(request -> request.launchTemplateId(template.launchTemplateId())
                            .overrideConfiguration(limit)));
        }
    }

    private void removeImages(String namePrefix, Deadline deadline) throws ProviderException {
        for (Image image : listing.images(namePrefix, deadline)) {
            remove(
                    "Image " + image.imageId(),
                    deadline,
                    limit -> ec2.deregisterImage(
                            request -> request.imageId(image.imageId()).overrideConfiguration(limit)));
        }
    }

    private void removeInterface(String id, Deadline deadline) throws ProviderException {
        remove(
                "Network interface " + id,
                deadline,
                limit -> ec2.deleteNetworkInterface(
                        request -> request.networkInterfaceId(id).overrideConfiguration(limit)));
    }

    private void removeVolume(String id, Deadline deadline) throws ProviderException {
        remove(
                "Volume " + id,
                deadline,
                limit -> ec2.deleteVolume(request -> request.volumeId(id).overrideConfiguration(limit)));
    }

    private void removeSnapshots(Tags tags, Deadline deadline) throws ProviderException {
        for (SnapshotRef snapshot : snapshots.find(tags, deadline)) {
            Polling.until("Snapshot " + snapshot.id() + " was not removed: an image still needs it", deadline, () -> {
                return snapshots.delete(snapshot.id(), deadline) == Removal.GONE ? Optional.of(true) : Optional.empty();
            });
        }
    }

    /** A removal at EC2. */
    @FunctionalInterface
    private interface Call {
        void run(java.util.function.Consumer<AwsRequestOverrideConfiguration.Builder> limit);
    }

    private static void remove(String what, Deadline deadline, Call call) throws ProviderException {
        String happened = what + " was not removed";
        Polling.until(
                happened,
                deadline,
                () -> AwsFailures.expecting(happened, deadline, limit -> {
                    try {
                        call.run(limit);
                        return Optional.of(true);
                    } catch (SdkException failed) {
                        if (AwsFailures.isNotFound(failed)) {
                            return Optional.of(true);
                        }
                        if (STILL_USED.contains(AwsFailures.code(failed))) {
                            return Optional.empty();
                        }
                        throw failed;
                    }
                }));
    }

    private void requireNothing(OperationId operation, Set<String> promoted, Deadline deadline)
            throws ProviderException {
        List<Filter> ours = Ec2Listing.of(operation);
        List<String> left = new ArrayList<>();
        listing.instances(ours, deadline).stream()
                .filter(each -> !isKept(each.tags(), promoted) && each.state().name() != InstanceStateName.TERMINATED)
                .forEach(each -> left.add(each.instanceId()));
        listing.launchTemplates(ours, deadline).forEach(each -> left.add(each.launchTemplateId()));
        listing.images(VmNames.imagePrefix(operation), deadline).forEach(each -> left.add(each.imageId()));
        listing.networkInterfaces(ours, deadline).stream()
                .filter(each -> !isKept(each.tagSet(), promoted))
                .forEach(each -> left.add(each.networkInterfaceId()));
        listing.volumes(ours, deadline).stream()
                .filter(each -> !isKept(each.tags(), promoted) && each.state() != VolumeState.DELETING)
                .forEach(each -> left.add(each.volumeId()));
        snapshots.find(Tags.of(Tags.OPERATION, operation.toString()), deadline).forEach(each -> left.add(each.id()));
        if (!left.isEmpty()) {
            throw new ProviderException(
                    FailureKind.RETRY_LATER,
                    "Not everything of operation " + operation + " was removed",
                    "AWS still lists " + String.join(", ", left),
                    "It is tried again; if this repeats, remove them by hand.");
        }
    }
}
