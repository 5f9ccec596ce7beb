package io.tidemark.control.testkit;

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
import io.tidemark.spi.recovery.PreflightReport;
import io.tidemark.spi.recovery.RecoveryOrigin;
import io.tidemark.spi.recovery.RecoveryPreflight;
import io.tidemark.spi.recovery.RecoveryVmSpec;
import io.tidemark.spi.recovery.RecoveryVmSpec.Purpose;
import io.tidemark.spi.recovery.StagedPoint;
import io.tidemark.spi.recovery.StagingRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.DoubleConsumer;

/** Staged points in memory, and a preflight that says what a test wants. Outlives the control plane, as a target does. */
public final class FakeStaging implements PreStaging, RecoveryPreflight {
    public static final Duration CADENCE = Duration.ofSeconds(20);

    private final FakeHypervisor hypervisor;
    private final Crashes crashes;
    private final List<StagedPoint> points = new ArrayList<>();
    private final List<Staged> calls = new ArrayList<>();
    private final Map<VmId, RecoveryOrigin> origins = new LinkedHashMap<>();
    private final AtomicInteger slowCalls = new AtomicInteger();
    private PreflightReport report = new PreflightReport(List.of(), "all is well");

    FakeStaging(FakeHypervisor hypervisor, Crashes crashes) {
        this.hypervisor = hypervisor;
        this.crashes = crashes;
    }

    /** A call of stage that made a point. */
    public record Staged(VolumeId volume, CheckpointId checkpoint, Optional<ChangesSince> changes) {}

    /** What is at the target, in the order in which it was staged. */
    public synchronized List<StagedPoint> points() {
        return List.copyOf(points);
    }

    public synchronized List<Staged> calls() {
        return List.copyOf(calls);
    }

    /** From what VMs were created. */
    public synchronized Map<VmId, RecoveryOrigin> origins() {
        return Map.copyOf(origins);
    }

    /** The next calls of stage take all of their time and come to no end. */
    public void slow(int calls) {
        slowCalls.set(calls);
    }

    public synchronized void finds(PreflightReport found) {
        report = found;
    }

    @Override
    public Duration cadence() {
        return CADENCE;
    }

    @Override
    public ConfigSpec placementSpec() {
        return new ConfigSpec(List.of());
    }

    @Override
    public StagedPoint stage(StagingRequest request, DoubleConsumer progress, Deadline deadline)
            throws ProviderException {
        hypervisor.failures.check("stage");
        if (slowCalls.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            while (!deadline.passed()) {
                LockSupport.parkNanos(1_000_000);
            }
            throw new ProviderException(FailureKind.RETRY_LATER, "Not staged yet", "time is over", "Ask again.");
        }
        return crashes.effect("stage " + request.volume(), () -> {
            progress.accept(0.5);
            ByteBuffer first = ByteBuffer.allocate(8);
            try {
                request.source().read(0, first);
            } catch (IOException e) {
                throw new AssertionError("the source of " + request + " cannot be read", e);
            }
            if (first.flip().getLong() != request.checkpoint().value()) {
                throw new AssertionError(request + " has the contents of another checkpoint");
            }
            synchronized (this) {
                request.changes().ifPresent(changes -> {
                    if (!changes.base().volume().equals(request.volume())) {
                        throw new AssertionError("a base of another volume: " + request);
                    }
                });
                Optional<StagedPoint> there = points.stream()
                        .filter(point -> point.volume().equals(request.volume())
                                && point.checkpoint().equals(request.checkpoint()))
                        .findFirst();
                if (there.isPresent()) {
                    return there.get();
                }
                calls.add(new Staged(request.volume(), request.checkpoint(), request.changes()));
                StagedPoint made = new StagedPoint(
                        request.vpg(),
                        request.volume(),
                        request.checkpoint(),
                        request.source().sizeBytes(),
                        "point-" + calls.size());
                points.add(made);
                return made;
            }
        });
    }

    @Override
    public synchronized List<StagedPoint> staged(VpgId vpg, Deadline deadline) throws ProviderException {
        hypervisor.failures.check("staged");
        return points.stream()
                .filter(point -> point.vpg().equals(vpg))
                .sorted(Comparator.comparing(
                                (StagedPoint point) -> point.volume().value())
                        .thenComparing(StagedPoint::checkpoint))
                .toList();
    }

    @Override
    public void forget(List<StagedPoint> gone, Deadline deadline) throws ProviderException {
        hypervisor.failures.check("forget");
        var _ = crashes.effect("forget", () -> {
            synchronized (this) {
                return points.removeAll(gone);
            }
        });
    }

    @Override
    public void forgetAll(VpgId vpg, Deadline deadline) throws ProviderException {
        hypervisor.failures.check("forgetAll");
        var _ = crashes.effect("forgetAll", () -> {
            synchronized (this) {
                return points.removeIf(point -> point.vpg().equals(vpg));
            }
        });
    }

    @Override
    public VmId create(
            RecoveryVmSpec spec,
            RecoveryOrigin origin,
            OperationId operation,
            DoubleConsumer progress,
            Deadline deadline)
            throws ProviderException {
        if (origin.disks().size() != spec.disks().size()) {
            throw new ProviderException(FailureKind.BUG, "VM not created", "origins and disks differ", "Correct it.");
        }
        progress.accept(0.5);
        VmId made = hypervisor.create(spec, operation, deadline);
        synchronized (this) {
            origins.put(made, origin);
        }
        return made;
    }

    @Override
    public synchronized PreflightReport check(List<PlannedVm> vms, Purpose purpose, Deadline deadline)
            throws ProviderException {
        hypervisor.failures.check("preflight");
        return report;
    }
}
