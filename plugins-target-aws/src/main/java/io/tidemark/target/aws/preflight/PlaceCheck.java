package io.tidemark.target.aws.preflight;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.recovery.RecoveryVmSpec.Purpose;
import io.tidemark.target.aws.client.AwsConfig;
import io.tidemark.target.aws.client.AwsFailures;
import io.tidemark.target.aws.launch.Ec2Listing;
import io.tidemark.target.aws.launch.Placement;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.ec2.model.Filter;
import software.amazon.awssdk.services.ec2.model.SecurityGroup;
import software.amazon.awssdk.services.ec2.model.Subnet;

/** Checks networks: subnets and groups are there and fit each other, tests are apart from production, addresses are free. */
final class PlaceCheck {
    private final Ec2Client ec2;
    private final AwsConfig config;
    private final Findings findings;
    private final Map<String, Subnet> subnets = new HashMap<>();
    private final Map<String, SecurityGroup> groups = new HashMap<>();

    PlaceCheck(Ec2Client ec2, AwsConfig config, Findings findings) {
        this.ec2 = ec2;
        this.config = config;
        this.findings = findings;
    }

    /** @param placements by VM name */
    void check(Map<String, Placement> placements, Purpose purpose, Deadline deadline) throws ProviderException {
        lookUp(placements.values(), deadline);
        checkNetwork("setting live", config.live().subnet(), config.live().securityGroups());
        checkNetwork("setting test", config.test().subnet(), config.test().securityGroups());
        Subnet live = subnets.get(config.live().subnet());
        Subnet test = subnets.get(config.test().subnet());
        if (live != null && test != null && live.vpcId().equals(test.vpcId())) {
            String problem = "it is in " + test.vpcId() + " as live.subnet is: a test would reach production";
            String remedy = "Choose a subnet of a VPC that is not connected to production.";
            if (purpose == Purpose.TEST) {
                findings.error("setting test.subnet", problem, remedy);
            } else {
                findings.warning("setting test.subnet", problem, remedy);
            }
        }
        placements.forEach((vm, placement) -> {
            if (!placement.subnet().equals(network(purpose).subnet())
                    || !placement.securityGroups().equals(network(purpose).securityGroups())) {
                checkNetwork("VM " + vm, placement.subnet(), placement.securityGroups());
            }
            Subnet subnet = subnets.get(placement.subnet());
            if (purpose == Purpose.TEST
                    && live != null
                    && subnet != null
                    && !subnet.equals(test)
                    && subnet.vpcId().equals(live.vpcId())) {
                findings.error(
                        "VM " + vm,
                        "its subnet for tests is in the VPC of live.subnet: the test would reach production",
                        "Choose a subnet of a VPC that is not connected to production.");
            }
        });
        checkRoom(placements.values());
        checkAddresses(placements, deadline);
    }

    /** Zone of a subnet; empty when there is no such subnet. */
    Optional<String> zone(String subnet) {
        return Optional.ofNullable(subnets.get(subnet)).map(Subnet::availabilityZone);
    }

    private AwsConfig.Network network(Purpose purpose) {
        return purpose == Purpose.TEST ? config.test() : config.live();
    }

    private void lookUp(Collection<Placement> placements, Deadline deadline) throws ProviderException {
        Set<String> subnetIds =
                new TreeSet<>(Set.of(config.live().subnet(), config.test().subnet()));
        Set<String> groupIds = new TreeSet<>(config.live().securityGroups());
        groupIds.addAll(config.test().securityGroups());
        placements.forEach(placement -> {
            subnetIds.add(placement.subnet());
            groupIds.addAll(placement.securityGroups());
        });
        // By filter: asked by id, AWS names only the first one that it does not have.
        AwsFailures.call("Subnets were not listed", deadline, limit -> ec2
                        .describeSubnetsPaginator(request ->
                                request.filters(filter("subnet-id", subnetIds)).overrideConfiguration(limit))
                        .subnets()
                        .stream()
                        .toList())
                .forEach(subnet -> subnets.put(subnet.subnetId(), subnet));
        if (!groupIds.isEmpty()) {
            AwsFailures.call("Security groups were not listed", deadline, limit -> ec2
                            .describeSecurityGroupsPaginator(request -> request.filters(filter("group-id", groupIds))
                                    .overrideConfiguration(limit))
                            .securityGroups()
                            .stream()
                            .toList())
                    .forEach(group -> groups.put(group.groupId(), group));
        }
    }

    private static Filter filter(String name, Set<String> values) {
        return Filter.builder().name(name).values(values).build();
    }

    private void checkNetwork(String subject, String subnetId, List<String> groupIds) {
        Subnet subnet = subnets.get(subnetId);
        if (subnet == null) {
            findings.error(
                    subject,
                    "there is no subnet " + subnetId + " in region "
                            + config.access().region(),
                    "Name one that exists, or choose the other region.");
        }
        for (String id : groupIds) {
            SecurityGroup group = groups.get(id);
            if (group == null) {
                findings.error(
                        subject,
                        "there is no security group " + id + " in region "
                                + config.access().region(),
                        "Name one that exists.");
            } else if (subnet != null && !group.vpcId().equals(subnet.vpcId())) {
                findings.error(
                        subject,
                        "security group " + id + " is of " + group.vpcId() + ", and subnet " + subnetId + " of "
                                + subnet.vpcId(),
                        "Name a group of the subnet's VPC.");
            }
        }
    }

    private void checkRoom(Collection<Placement> placements) {
        Map<String, Integer> wanted = new TreeMap<>();
        placements.forEach(placement -> wanted.merge(placement.subnet(), 1, Integer::sum));
        wanted.forEach((id, count) -> {
            Subnet subnet = subnets.get(id);
            if (subnet != null && subnet.availableIpAddressCount() < count) {
                findings.error(
                        "subnet " + id,
                        "it has " + subnet.availableIpAddressCount() + " free addresses, and " + count
                                + " VMs would be put there",
                        "Free some, or spread the VMs over more subnets.");
            }
        });
    }

    private void checkAddresses(Map<String, Placement> placements, Deadline deadline) throws ProviderException {
        Set<String> planned = new HashSet<>();
        for (Map.Entry<String, Placement> each : placements.entrySet()) {
            Optional<String> text = each.getValue().privateIp();
            Subnet subnet = subnets.get(each.getValue().subnet());
            if (text.isEmpty() || subnet == null) {
                continue;
            }
            String subject = "VM " + each.getKey();
            Optional<Long> address = Cidr.address(text.get());
            if (address.isEmpty() || !Cidr.parse(subnet.cidrBlock()).canAssign(address.get())) {
                findings.error(
                        subject,
                        "its address " + text.get() + " cannot be assigned in subnet " + subnet.subnetId() + ", "
                                + subnet.cidrBlock(),
                        "Choose one of the subnet; AWS keeps the first four and the last for itself.");
            } else if (!planned.add(subnet.vpcId() + " " + text.get())) {
                findings.error(subject, "its address " + text.get() + " is another VM's too", "Choose another one.");
            } else if (isTaken(subnet, text.get(), deadline)) {
                findings.error(
                        subject,
                        "its address " + text.get() + " is in use in subnet " + subnet.subnetId(),
                        "Choose another one, or remove what has it.");
            }
        }
    }

    private boolean isTaken(Subnet subnet, String address, Deadline deadline) throws ProviderException {
        return !new Ec2Listing(ec2)
                .networkInterfaces(
                        List.of(
                                filter("subnet-id", Set.of(subnet.subnetId())),
                                filter("addresses.private-ip-address", Set.of(address))),
                        deadline)
                .isEmpty();
    }
}
