package io.tidemark.pluginhost;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VpgId;
import io.tidemark.spi.plugin.ConfigSpec;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.recovery.PreStaging;
import io.tidemark.spi.recovery.RecoveryOrigin;
import io.tidemark.spi.recovery.RecoveryVmSpec;
import io.tidemark.spi.recovery.StagedPoint;
import io.tidemark.spi.recovery.StagingRequest;
import java.time.Duration;
import java.util.List;
import java.util.function.DoubleConsumer;

/** Guards pre-staging: points that were not asked for, or of another VPG, never reach the host, nor does progress outside of 0 to 1. */
final class GuardedPreStaging implements PreStaging {
    /** Harmless for any target, when a plugin does not say. */
    private static final Duration LONG_CADENCE = Duration.ofHours(6);

    private final PreStaging inner;
    private final Guard guard;

    GuardedPreStaging(PreStaging inner, Guard guard) {
        this.inner = inner;
        this.guard = guard;
    }

    @Override
    public Duration cadence() {
        Duration cadence = guard.askOr("PreStaging.cadence", LONG_CADENCE, inner::cadence);
        return cadence.isNegative() || cadence.isZero() ? LONG_CADENCE : cadence;
    }

    @Override
    public ConfigSpec placementSpec() {
        return guard.askOr("PreStaging.placementSpec", new ConfigSpec(List.of()), inner::placementSpec);
    }

    @Override
    public StagedPoint stage(StagingRequest request, DoubleConsumer progress, Deadline deadline)
            throws ProviderException {
        Guard.argument("request", request);
        StagedPoint point =
                guard.call("PreStaging.stage", deadline, () -> inner.stage(request, Guard.bounded(progress), deadline));
        if (!point.vpg().equals(request.vpg())
                || !point.volume().equals(request.volume())
                || !point.checkpoint().equals(request.checkpoint())) {
            throw guard.defect("PreStaging.stage", "asked for " + request + " it staged " + point, null);
        }
        return point;
    }

    @Override
    public List<StagedPoint> staged(VpgId vpg, Deadline deadline) throws ProviderException {
        Guard.argument("vpg", vpg);
        List<StagedPoint> points =
                guard.call("PreStaging.staged", deadline, () -> List.copyOf(inner.staged(vpg, deadline)));
        for (StagedPoint point : points) {
            if (!point.vpg().equals(vpg)) {
                throw guard.defect("PreStaging.staged", "asked for VPG " + vpg + " it told of " + point, null);
            }
        }
        return points;
    }

    @Override
    public void forget(List<StagedPoint> points, Deadline deadline) throws ProviderException {
        List<StagedPoint> copy = List.copyOf(Guard.argument("points", points));
        guard.run("PreStaging.forget", deadline, () -> inner.forget(copy, deadline));
    }

    @Override
    public void forgetAll(VpgId vpg, Deadline deadline) throws ProviderException {
        Guard.argument("vpg", vpg);
        guard.run("PreStaging.forgetAll", deadline, () -> inner.forgetAll(vpg, deadline));
    }

    @Override
    public VmId create(
            RecoveryVmSpec spec,
            RecoveryOrigin origin,
            OperationId operation,
            DoubleConsumer progress,
            Deadline deadline)
            throws ProviderException {
        Guard.argument("spec", spec);
        Guard.argument("origin", origin);
        Guard.argument("operation", operation);
        return guard.call(
                "PreStaging.create",
                deadline,
                () -> inner.create(spec, origin, operation, Guard.bounded(progress), deadline));
    }
}
