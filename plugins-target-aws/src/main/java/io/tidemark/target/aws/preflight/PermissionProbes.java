package io.tidemark.target.aws.preflight;

import io.tidemark.spi.plugin.Deadline;
import io.tidemark.target.aws.client.AwsClients;
import io.tidemark.target.aws.client.AwsFailures;
import io.tidemark.target.aws.client.Tags;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.ebs.EbsClient;
import software.amazon.awssdk.services.ebs.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.ec2.model.ResourceType;

/**
 * Asks AWS, action by action, whether this identity may do it. EC2's calls are made as dry runs; EBS direct has none, so that its calls name
 * a snapshot that cannot exist: who is not allowed is told so before AWS looks for it.
 */
final class PermissionProbes {
    private static final String NO_SNAPSHOT = "snap-00000000000000000";
    private static final String NO_INSTANCE = "i-00000000000000000";
    private static final String NO_IMAGE = "ami-00000000000000000";
    private static final String NO_INTERFACE = "eni-00000000000000000";
    private static final String NO_VOLUME = "vol-00000000000000000";
    private static final String NO_TEMPLATE = "lt-00000000000000000";
    private static final String NO_HASH = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

    private static final Tags TAGS = Tags.of(Tags.ROLE, "preflight");

    private final Ec2Client ec2;
    private final EbsClient ebs;
    private final String subnet;

    /** @param subnet one that VMs will be plugged into: permissions may depend on it */
    PermissionProbes(AwsClients clients, String subnet) {
        this.ec2 = clients.ec2();
        // Its client that does not retry: an error is an answer here.
        this.ebs = clients.blocks();
        this.subnet = subnet;
    }

    /** What AWS said of an action. */
    enum Answer {
        ALLOWED,
        DENIED,
        /** AWS objected to something else first. */
        UNPROVEN
    }

    /** @param detail AWS's words; empty when allowed */
    record Result(String action, Answer answer, String detail) {}

    private record Probe(String action, Consumer<Consumer<AwsRequestOverrideConfiguration.Builder>> call) {}

    /** One result for each action that recovery, staging and removal need. */
    List<Result> run(Deadline deadline) {
        List<Probe> probes = new ArrayList<>();
        addReading(probes);
        addMaking(probes);
        addRemoving(probes);
        addDirect(probes);
        return probes.stream().map(probe -> ask(probe, deadline)).toList();
    }

    private static Result ask(Probe probe, Deadline deadline) {
        try {
            probe.call().accept(AwsFailures.limit(deadline));
            return new Result(probe.action(), Answer.ALLOWED, "");
        } catch (SdkException failed) {
            String code = AwsFailures.code(failed);
            if (code.equals("DryRunOperation")
                    || (probe.action().startsWith("ebs:") && AwsFailures.isNotFound(failed))) {
                return new Result(probe.action(), Answer.ALLOWED, "");
            }
            String detail = code.isEmpty() ? String.valueOf(failed.getMessage()) : code;
            return new Result(
                    probe.action(), AwsFailures.isForbidden(failed) ? Answer.DENIED : Answer.UNPROVEN, detail);
        }
    }

    private void addReading(List<Probe> probes) {
        probes.add(new Probe(
                "ec2:DescribeAvailabilityZones",
                limit -> ec2.describeAvailabilityZones(
                        request -> request.dryRun(true).overrideConfiguration(limit))));
        probes.add(new Probe(
                "ec2:DescribeImages",
                limit -> ec2.describeImages(
                        request -> request.owners("self").dryRun(true).overrideConfiguration(limit))));
        probes.add(new Probe(
                "ec2:DescribeInstances",
                limit -> ec2.describeInstances(request -> request.dryRun(true).overrideConfiguration(limit))));
        probes.add(new Probe(
                "ec2:DescribeInstanceTypes",
                limit -> ec2.describeInstanceTypes(
                        request -> request.dryRun(true).overrideConfiguration(limit))));
        probes.add(new Probe(
                "ec2:DescribeInstanceTypeOfferings",
                limit -> ec2.describeInstanceTypeOfferings(
                        request -> request.dryRun(true).overrideConfiguration(limit))));
        probes.add(new Probe(
                "ec2:DescribeLaunchTemplates",
                limit -> ec2.describeLaunchTemplates(
                        request -> request.dryRun(true).overrideConfiguration(limit))));
        probes.add(new Probe(
                "ec2:DescribeLaunchTemplateVersions",
                limit -> ec2.describeLaunchTemplateVersions(request ->
                        request.launchTemplateId(NO_TEMPLATE).dryRun(true).overrideConfiguration(limit))));
        probes.add(new Probe(
                "ec2:DescribeNetworkInterfaces",
                limit -> ec2.describeNetworkInterfaces(
                        request -> request.dryRun(true).overrideConfiguration(limit))));
        probes.add(new Probe(
                "ec2:DescribeSecurityGroups",
                limit -> ec2.describeSecurityGroups(
                        request -> request.dryRun(true).overrideConfiguration(limit))));
        probes.add(new Probe(
                "ec2:DescribeSnapshots",
                limit -> ec2.describeSnapshots(
                        request -> request.ownerIds("self").dryRun(true).overrideConfiguration(limit))));
        probes.add(new Probe(
                "ec2:DescribeSubnets",
                limit -> ec2.describeSubnets(request -> request.dryRun(true).overrideConfiguration(limit))));
        probes.add(new Probe(
                "ec2:DescribeVolumes",
                limit -> ec2.describeVolumes(request -> request.dryRun(true).overrideConfiguration(limit))));
    }

    private void addMaking(List<Probe> probes) {
        probes.add(new Probe(
                "ec2:CreateLaunchTemplate",
                limit -> ec2.createLaunchTemplate(request -> request.launchTemplateName("tidemark-preflight")
                        .launchTemplateData(data -> data.instanceType("t3.micro"))
                        .dryRun(true)
                        .overrideConfiguration(limit))));
        probes.add(new Probe(
                "ec2:CreateNetworkInterface",
                limit -> ec2.createNetworkInterface(
                        request -> request.subnetId(subnet).dryRun(true).overrideConfiguration(limit))));
        probes.add(new Probe(
                "ec2:CreateTags",
                limit -> ec2.createTags(request -> request.resources(NO_INSTANCE)
                        .tags(TAGS.toList())
                        .dryRun(true)
                        .overrideConfiguration(limit))));
        probes.add(new Probe(
                "ec2:ModifyInstanceAttribute",
                limit -> ec2.modifyInstanceAttribute(request -> request.instanceId(NO_INSTANCE)
                        .ebsOptimized(value -> value.value(true))
                        .dryRun(true)
                        .overrideConfiguration(limit))));
        probes.add(new Probe(
                "ec2:RegisterImage",
                limit -> ec2.registerImage(request ->
                        request.name("tidemark-preflight").dryRun(true).overrideConfiguration(limit))));
        probes.add(new Probe(
                "ec2:RunInstances",
                limit -> ec2.runInstances(request -> request.imageId(NO_IMAGE)
                        .instanceType("t3.micro")
                        .subnetId(subnet)
                        .minCount(1)
                        .maxCount(1)
                        .tagSpecifications(TAGS.on(ResourceType.INSTANCE))
                        .dryRun(true)
                        .overrideConfiguration(limit))));
        probes.add(new Probe(
                "ec2:StartInstances",
                limit -> ec2.startInstances(
                        request -> request.instanceIds(NO_INSTANCE).dryRun(true).overrideConfiguration(limit))));
        probes.add(new Probe(
                "ec2:StopInstances",
                limit -> ec2.stopInstances(
                        request -> request.instanceIds(NO_INSTANCE).dryRun(true).overrideConfiguration(limit))));
    }

    private void addRemoving(List<Probe> probes) {
        probes.add(new Probe(
                "ec2:DeleteLaunchTemplate",
                limit -> ec2.deleteLaunchTemplate(request ->
                        request.launchTemplateId(NO_TEMPLATE).dryRun(true).overrideConfiguration(limit))));
        probes.add(new Probe(
                "ec2:DeleteNetworkInterface",
                limit -> ec2.deleteNetworkInterface(request ->
                        request.networkInterfaceId(NO_INTERFACE).dryRun(true).overrideConfiguration(limit))));
        probes.add(new Probe(
                "ec2:DeleteSnapshot",
                limit -> ec2.deleteSnapshot(
                        request -> request.snapshotId(NO_SNAPSHOT).dryRun(true).overrideConfiguration(limit))));
        probes.add(new Probe(
                "ec2:DeleteVolume",
                limit -> ec2.deleteVolume(
                        request -> request.volumeId(NO_VOLUME).dryRun(true).overrideConfiguration(limit))));
        probes.add(new Probe(
                "ec2:DeregisterImage",
                limit -> ec2.deregisterImage(
                        request -> request.imageId(NO_IMAGE).dryRun(true).overrideConfiguration(limit))));
        probes.add(new Probe(
                "ec2:TerminateInstances",
                limit -> ec2.terminateInstances(
                        request -> request.instanceIds(NO_INSTANCE).dryRun(true).overrideConfiguration(limit))));
    }

    private void addDirect(List<Probe> probes) {
        probes.add(new Probe(
                "ebs:CompleteSnapshot",
                limit -> ebs.completeSnapshot(request ->
                        request.snapshotId(NO_SNAPSHOT).changedBlocksCount(0).overrideConfiguration(limit))));
        probes.add(new Probe(
                "ebs:GetSnapshotBlock",
                limit -> ebs.getSnapshotBlockAsBytes(request -> request.snapshotId(NO_SNAPSHOT)
                        .blockIndex(0)
                        .blockToken("none")
                        .overrideConfiguration(limit))));
        probes.add(new Probe(
                "ebs:ListSnapshotBlocks",
                limit -> ebs.listSnapshotBlocks(
                        request -> request.snapshotId(NO_SNAPSHOT).overrideConfiguration(limit))));
        probes.add(new Probe(
                "ebs:PutSnapshotBlock",
                limit -> ebs.putSnapshotBlock(
                        request -> request.snapshotId(NO_SNAPSHOT)
                                .blockIndex(0)
                                .dataLength(1)
                                .checksum(NO_HASH)
                                .checksumAlgorithm(ChecksumAlgorithm.SHA256)
                                .overrideConfiguration(limit),
                        RequestBody.fromBytes(new byte[1]))));
        probes.add(new Probe("ebs:StartSnapshot", this::startNothing));
    }

    /** On a parent that cannot exist. A service that does not look at the parent has made a snapshot: it goes at once. */
    private void startNothing(Consumer<AwsRequestOverrideConfiguration.Builder> limit) {
        String made = ebs.startSnapshot(request ->
                        request.volumeSize(1L).parentSnapshotId(NO_SNAPSHOT).overrideConfiguration(limit))
                .snapshotId();
        ec2.deleteSnapshot(request -> request.snapshotId(made).overrideConfiguration(limit));
    }
}
