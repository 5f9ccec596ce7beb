package io.tidemark.target.aws.launch;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.plugin.ProviderContext;
import io.tidemark.spi.plugin.ProviderContext.Severity;
import io.tidemark.spi.recovery.RecoveryOrigin;
import io.tidemark.spi.recovery.RecoveryTarget;
import io.tidemark.spi.recovery.RecoveryVmSpec;
import io.tidemark.spi.recovery.RecoveryVmSpec.RecoveryDisk;
import io.tidemark.target.aws.client.AwsClients;
import io.tidemark.target.aws.client.AwsConfig;
import io.tidemark.target.aws.client.AwsFailures;
import io.tidemark.target.aws.client.Tags;
import io.tidemark.target.aws.ebs.SnapshotBuilder;
import io.tidemark.target.aws.ebs.SnapshotPlan;
import io.tidemark.target.aws.ebs.SnapshotRef;
import io.tidemark.target.aws.ebs.Snapshots;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.DoubleConsumer;
import software.amazon.awssdk.services.ec2.model.Instance;
import software.amazon.awssdk.services.ec2.model.LaunchTemplate;

/**
 * Runs recovered VMs as EC2 instances.
 *
 * <pre>
 *   create:  a snapshot per disk, on the nearest staged one ▶ image of the boot disk ▶ network interface ▶ launch template
 *   start:   instance from the launch template, volumes from the snapshots
 *   promote: see {@link VmPromotion}        discard: see {@link Leftovers}
 * </pre>
 *
 * Each step finds what an earlier attempt made. Any thread.
 */
public final class AwsRecovery implements RecoveryTarget {
    private final ProviderContext host;
    private final AwsConfig config;
    private final Ec2Listing listing;
    private final SnapshotBuilder builder;
    private final VmBuild build;
    private final VmLaunch launch;
    private final Leftovers leftovers;
    private final VmPromotion promotion;

    public AwsRecovery(
            ProviderContext host, AwsConfig config, AwsClients clients, Snapshots snapshots, SnapshotBuilder builder) {
        this.host = host;
        this.config = config;
        this.builder = builder;
        this.listing = new Ec2Listing(clients.ec2());
        this.build = new VmBuild(clients.ec2(), config, listing);
        this.launch = new VmLaunch(clients.ec2(), listing);
        this.leftovers = new Leftovers(clients.ec2(), listing, snapshots);
        this.promotion = new VmPromotion(clients.ec2(), launch, leftovers);
    }

    VmLaunch launch() {
        return launch;
    }

    Ec2Listing listing() {
        return listing;
    }

    @Override
    public VmId create(RecoveryVmSpec spec, OperationId operation, Deadline deadline) throws ProviderException {
        return create(spec, Optional.empty(), operation, progress -> {}, deadline);
    }

    /** @param origin empty: nothing is known, all of each disk is written */
    public VmId create(
            RecoveryVmSpec spec,
            Optional<RecoveryOrigin> origin,
            OperationId operation,
            DoubleConsumer progress,
            Deadline deadline)
            throws ProviderException {
        String happened = "VM " + spec.name() + " was not created";
        if (spec.disks().isEmpty()) {
            throw AwsFailures.rejected(happened, "it has no disk to boot from", "Protect at least its boot disk.");
        }
        if (origin.isPresent() && origin.get().disks().size() != spec.disks().size()) {
            throw new ProviderException(
                    FailureKind.BUG,
                    happened,
                    "it has " + spec.disks().size() + " disks, and origins of "
                            + origin.get().disks().size(),
                    "Report this with the log.");
        }
        VmId vm = VmNames.vm(operation, spec.name());
        if (build.isDefined(vm, deadline)) {
            progress.accept(1);
            return vm;
        }
        Placement placement = Placement.of(
                config, spec.purpose(), origin.map(RecoveryOrigin::placement).orElse(Map.of()));
        List<SnapshotRef> disks = new ArrayList<>();
        for (int i = 0; i < spec.disks().size(); i++) {
            int before = i;
            disks.add(snapshot(
                    spec,
                    i,
                    origin,
                    operation,
                    vm,
                    fraction -> progress.accept(
                            0.9 * (before + fraction) / spec.disks().size()),
                    deadline));
        }
        build.define(spec, placement, operation, vm, disks, deadline);
        if (spec.nics().size() > 1) {
            host.event(
                    Severity.WARNING,
                    "VM " + spec.name() + " was recovered with one network interface; its origin has "
                            + spec.nics().size() + ". Attach more by hand if it needs them.");
        }
        progress.accept(1);
        return vm;
    }

    private SnapshotRef snapshot(
            RecoveryVmSpec spec,
            int position,
            Optional<RecoveryOrigin> origin,
            OperationId operation,
            VmId vm,
            DoubleConsumer progress,
            Deadline deadline)
            throws ProviderException {
        RecoveryDisk disk = spec.disks().get(position);
        Tags identity = Tags.of(Tags.ROLE, Tags.RECOVERED)
                .and(Tags.OPERATION, operation.toString())
                .and(Tags.VM, vm.value())
                .and(Tags.DEVICE, disk.device());
        Tags others = Tags.of(Tags.NAME, spec.name() + "/" + disk.device());
        Optional<SnapshotPlan.Base> base = Optional.empty();
        if (origin.isPresent()) {
            RecoveryOrigin.DiskOrigin from = origin.get().disks().get(position);
            others = others.and(Tags.VPG, origin.get().vpg().toString())
                    .and(Tags.VOLUME, from.volume().value())
                    .and(Tags.CHECKPOINT, from.checkpoint().toString());
            base = from.changes()
                    .map(changes -> new SnapshotPlan.Base(
                            changes.base().token(), changes.base().sizeBytes(), changes.extents()));
        }
        try (BlockDevice source = host.blockNetwork().connect(disk.source())) {
            return builder.build(
                    new SnapshotPlan(operation.toString(), identity, others, source, base), progress, deadline);
        } catch (IOException failed) {
            throw new ProviderException(
                    FailureKind.RETRY_LATER,
                    "Disk " + disk.device() + " of VM " + spec.name() + " was not brought to AWS",
                    "its contents are not served: " + failed.getMessage(),
                    "See the events of this site; it is tried again.",
                    failed);
        }
    }

    @Override
    public void start(VmId vm, Deadline deadline) throws ProviderException {
        launch.start(vm, deadline);
    }

    @Override
    public void promote(VmId vm, OperationId operation, DoubleConsumer progress, Deadline deadline)
            throws ProviderException {
        promotion.promote(vm, operation, progress, deadline);
    }

    @Override
    public void discard(OperationId operation, Deadline deadline) throws ProviderException {
        leftovers.removeAll(operation, deadline);
        builder.forgetUploads(operation.toString());
    }

    @Override
    public List<VmId> list(OperationId operation, Deadline deadline) throws ProviderException {
        TreeSet<String> vms = new TreeSet<>();
        for (LaunchTemplate template : listing.launchTemplates(Ec2Listing.of(operation), deadline)) {
            Tags.read(template.tags(), Tags.VM).ifPresent(vms::add);
        }
        for (Instance instance : listing.instances(Ec2Listing.of(operation), deadline)) {
            if (Ec2Listing.isAlive(instance)) {
                Tags.read(instance.tags(), Tags.VM).ifPresent(vms::add);
            }
        }
        return vms.stream().map(VmId::new).toList();
    }
}
