package io.tidemark.pluginhost;

import io.tidemark.spi.block.BlockDevice;
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
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.function.DoubleConsumer;

/** Answers everything with the same point, whatever it is asked. */
record LyingPreStaging(StagedPoint point) implements PreStaging {
    /** A device that nobody may touch. */
    static final BlockDevice NO_DEVICE = (BlockDevice) Proxy.newProxyInstance(
            LyingPreStaging.class.getClassLoader(), new Class<?>[] {BlockDevice.class}, (proxy, method, arguments) -> {
                if (method.getName().equals("toString")) {
                    return "no device";
                }
                throw new AssertionError("the device is touched: " + method);
            });

    @Override
    public Duration cadence() {
        return Duration.ZERO;
    }

    @Override
    public ConfigSpec placementSpec() {
        return new ConfigSpec(List.of());
    }

    @Override
    public StagedPoint stage(StagingRequest request, DoubleConsumer progress, Deadline deadline) {
        progress.accept(-1);
        progress.accept(0.5);
        progress.accept(Double.NaN);
        progress.accept(2);
        return point;
    }

    @Override
    public List<StagedPoint> staged(VpgId vpg, Deadline deadline) {
        return List.of(point);
    }

    @Override
    public void forget(List<StagedPoint> points, Deadline deadline) {}

    @Override
    public void forgetAll(VpgId vpg, Deadline deadline) {}

    @Override
    public VmId create(
            RecoveryVmSpec spec,
            RecoveryOrigin origin,
            OperationId operation,
            DoubleConsumer progress,
            Deadline deadline) {
        return new VmId("x");
    }
}
