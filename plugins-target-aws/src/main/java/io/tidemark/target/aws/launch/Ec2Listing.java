package io.tidemark.target.aws.launch;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.target.aws.client.AwsFailures;
import io.tidemark.target.aws.client.Tags;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.ec2.model.Filter;
import software.amazon.awssdk.services.ec2.model.Image;
import software.amazon.awssdk.services.ec2.model.Instance;
import software.amazon.awssdk.services.ec2.model.InstanceStateName;
import software.amazon.awssdk.services.ec2.model.LaunchTemplate;
import software.amazon.awssdk.services.ec2.model.NetworkInterface;
import software.amazon.awssdk.services.ec2.model.Volume;

/** What EC2 has, all pages of it. Any thread. */
public final class Ec2Listing {
    private static final Set<InstanceStateName> GONE =
            Set.of(InstanceStateName.TERMINATED, InstanceStateName.SHUTTING_DOWN);

    private final Ec2Client ec2;

    public Ec2Listing(Ec2Client ec2) {
        this.ec2 = ec2;
    }

    /** Instances in any state, the terminated ones that EC2 still lists included. */
    public List<Instance> instances(List<Filter> filters, Deadline deadline) throws ProviderException {
        return AwsFailures.call("Instances were not listed", deadline, limit -> ec2
                .describeInstancesPaginator(request -> request.filters(filters).overrideConfiguration(limit))
                .reservations()
                .stream()
                .flatMap(reservation -> reservation.instances().stream())
                .toList());
    }

    static boolean isAlive(Instance instance) {
        return !GONE.contains(instance.state().name());
    }

    /** The live instance of a VM that Tidemark made. */
    Optional<Instance> instanceOf(String vm, Deadline deadline) throws ProviderException {
        return instances(Tags.of(Tags.VM, vm).filters(), deadline).stream()
                .filter(Ec2Listing::isAlive)
                .findFirst();
    }

    /** One instance; empty when EC2 does not know it. */
    Optional<Instance> instance(String id, Deadline deadline) throws ProviderException {
        return AwsFailures.expecting("Instance " + id + " was not looked at", deadline, limit -> {
            try {
                return ec2
                        .describeInstances(request -> request.instanceIds(id).overrideConfiguration(limit))
                        .reservations()
                        .stream()
                        .flatMap(reservation -> reservation.instances().stream())
                        .findFirst();
            } catch (SdkException failed) {
                if (AwsFailures.isNotFound(failed) || AwsFailures.code(failed).equals("InvalidInstanceID.Malformed")) {
                    return Optional.empty();
                }
                throw failed;
            }
        });
    }

    public List<Volume> volumes(List<Filter> filters, Deadline deadline) throws ProviderException {
        return AwsFailures.call(
                "Volumes were not listed", deadline, limit -> ec2
                        .describeVolumesPaginator(
                                request -> request.filters(filters).overrideConfiguration(limit))
                        .volumes()
                        .stream()
                        .toList());
    }

    public List<NetworkInterface> networkInterfaces(List<Filter> filters, Deadline deadline) throws ProviderException {
        return AwsFailures.call("Network interfaces were not listed", deadline, limit -> ec2
                .describeNetworkInterfacesPaginator(
                        request -> request.filters(filters).overrideConfiguration(limit))
                .networkInterfaces()
                .stream()
                .toList());
    }

    public List<LaunchTemplate> launchTemplates(List<Filter> filters, Deadline deadline) throws ProviderException {
        return AwsFailures.call("Launch templates were not listed", deadline, limit -> ec2
                .describeLaunchTemplatesPaginator(
                        request -> request.filters(filters).overrideConfiguration(limit))
                .launchTemplates()
                .stream()
                .toList());
    }

    /**
     * Own images by the beginning of their name. Not by tag: an image is registered and tagged in two steps by some, and a name is
     * there from the first.
     */
    public List<Image> images(String namePrefix, Deadline deadline) throws ProviderException {
        return AwsFailures.call("Images were not listed", deadline, limit -> ec2
                .describeImagesPaginator(request -> request.owners("self")
                        .filters(Filter.builder()
                                .name("name")
                                .values(namePrefix + "*")
                                .build())
                        .overrideConfiguration(limit))
                .images()
                .stream()
                .filter(image -> image.name() != null && image.name().startsWith(namePrefix))
                .toList());
    }

    /** Filters for all that an operation made. */
    public static List<Filter> of(OperationId operation) {
        return Tags.of(Tags.OPERATION, operation.toString()).filters();
    }
}
