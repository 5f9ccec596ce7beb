package io.tidemark.target.aws;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import io.tidemark.spi.plugin.ConfigSpec;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.recovery.ChangesSince;
import io.tidemark.spi.recovery.PreStaging;
import io.tidemark.spi.recovery.RecoveryOrigin;
import io.tidemark.spi.recovery.RecoveryVmSpec;
import io.tidemark.spi.recovery.StagedPoint;
import io.tidemark.spi.recovery.StagingRequest;
import io.tidemark.target.aws.client.AwsConfig;
import io.tidemark.target.aws.client.Tags;
import io.tidemark.target.aws.ebs.SnapshotBuilder;
import io.tidemark.target.aws.ebs.SnapshotPlan;
import io.tidemark.target.aws.ebs.SnapshotRef;
import io.tidemark.target.aws.ebs.Snapshots;
import io.tidemark.target.aws.launch.AwsRecovery;
import io.tidemark.target.aws.launch.Placement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleConsumer;

/** Rolling EBS snapshots: a staged point is one, and its token is the snapshot's id. All state is in their tags. Any thread. */
final class AwsPreStaging implements PreStaging {
    private final AwsConfig config;
    private final Snapshots snapshots;
    private final SnapshotBuilder builder;
    private final AwsRecovery recovery;

    AwsPreStaging(AwsConfig config, Snapshots snapshots, SnapshotBuilder builder, AwsRecovery recovery) {
        this.config = config;
        this.snapshots = snapshots;
        this.builder = builder;
        this.recovery = recovery;
    }

    @Override
    public Duration cadence() {
        return config.cadence();
    }

    @Override
    public ConfigSpec placementSpec() {
        return Placement.SPEC;
    }

    @Override
    public StagedPoint stage(StagingRequest request, DoubleConsumer progress, Deadline deadline)
            throws ProviderException {
        Tags identity = staged(request.vpg())
                .and(Tags.VOLUME, request.volume().value())
                .and(Tags.CHECKPOINT, request.checkpoint().toString());
        Tags others = Tags.of(Tags.NAME, "tidemark " + request.volume() + " at " + request.checkpoint());
        Optional<SnapshotPlan.Base> base = request.changes().map(AwsPreStaging::base);
        SnapshotRef made = builder.build(
                new SnapshotPlan(request.vpg().toString(), identity, others, request.source(), base),
                progress,
                deadline);
        return new StagedPoint(
                request.vpg(),
                request.volume(),
                request.checkpoint(),
                request.source().sizeBytes(),
                made.id());
    }

    private static SnapshotPlan.Base base(ChangesSince changes) {
        return new SnapshotPlan.Base(changes.base().token(), changes.base().sizeBytes(), changes.extents());
    }

    private static Tags staged(VpgId vpg) {
        return Tags.of(Tags.ROLE, Tags.STAGED).and(Tags.VPG, vpg.toString());
    }

    @Override
    public List<StagedPoint> staged(VpgId vpg, Deadline deadline) throws ProviderException {
        List<StagedPoint> points = new ArrayList<>();
        for (SnapshotRef snapshot : snapshots.find(staged(vpg), deadline)) {
            if (snapshot.completed()) {
                point(vpg, snapshot).ifPresent(points::add);
            }
        }
        points.sort(Comparator.<StagedPoint, String>comparing(
                        point -> point.volume().value())
                .thenComparing(StagedPoint::checkpoint)
                .thenComparing(StagedPoint::token));
        return points;
    }

    /** Empty for a snapshot whose tags somebody changed: it cannot be used, and forgetAll still removes it. */
    private static Optional<StagedPoint> point(VpgId vpg, SnapshotRef snapshot) {
        Optional<String> volume = snapshot.tag(Tags.VOLUME).filter(text -> !text.isBlank());
        Optional<Long> checkpoint = snapshot.tag(Tags.CHECKPOINT)
                .filter(text -> text.matches("[1-9][0-9]{0,17}"))
                .map(Long::valueOf);
        Optional<Long> sizeBytes = snapshot.trueSizeBytes();
        if (volume.isEmpty() || checkpoint.isEmpty() || sizeBytes.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new StagedPoint(
                vpg, new VolumeId(volume.get()), new CheckpointId(checkpoint.get()), sizeBytes.get(), snapshot.id()));
    }

    @Override
    public void forget(List<StagedPoint> points, Deadline deadline) throws ProviderException {
        for (StagedPoint point : points) {
            Optional<SnapshotRef> there = snapshots.get(point.token(), deadline);
            if (there.isEmpty()) {
                continue;
            }
            if (!there.get().tag(Tags.VPG).equals(Optional.of(point.vpg().toString()))
                    || !there.get().tag(Tags.ROLE).equals(Optional.of(Tags.STAGED))) {
                throw new ProviderException(
                        FailureKind.CONFLICT,
                        "Snapshot " + point.token() + " was not removed",
                        "its tags do not say that it was staged for VPG " + point.vpg(),
                        "Look at it in the AWS console; somebody changed its tags.");
            }
            remove(point.token(), deadline);
        }
    }

    @Override
    public void forgetAll(VpgId vpg, Deadline deadline) throws ProviderException {
        List<SnapshotRef> all = snapshots.find(staged(vpg), deadline);
        for (SnapshotRef snapshot : all) {
            if (!snapshot.completed()) {
                snapshots.delete(snapshot.id(), deadline);
            }
        }
        for (SnapshotRef snapshot : all) {
            if (snapshot.completed()) {
                remove(snapshot.id(), deadline);
            }
        }
        builder.forgetUploads(vpg.toString());
    }

    private void remove(String snapshot, Deadline deadline) throws ProviderException {
        // AWS does not say what becomes of a snapshot that is being written when its parent goes.
        if (snapshots.find(Tags.of(Tags.BASE, snapshot), deadline).stream().anyMatch(SnapshotRef::pending)) {
            throw new ProviderException(
                    FailureKind.RETRY_LATER,
                    "Snapshot " + snapshot + " was not removed",
                    "another one is being written on it",
                    "It is tried again.");
        }
        if (snapshots.delete(snapshot, deadline) == Snapshots.Removal.IN_USE) {
            throw new ProviderException(
                    FailureKind.RETRY_LATER,
                    "Snapshot " + snapshot + " was not removed",
                    "an image that Tidemark did not make was registered from it",
                    "Deregister that image; it is tried again.");
        }
    }

    @Override
    public VmId create(
            RecoveryVmSpec spec,
            RecoveryOrigin origin,
            OperationId operation,
            DoubleConsumer progress,
            Deadline deadline)
            throws ProviderException {
        return recovery.create(spec, Optional.of(origin), operation, progress, deadline);
    }
}
