package io.tidemark.hypervisor.sim;

import io.tidemark.spi.capture.WriteCapture;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Capability;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.recovery.RecoveryTarget;
import io.tidemark.spi.sample.SampleVms;
import io.tidemark.spi.site.Compute;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.Inventory;
import io.tidemark.spi.volume.VolumeReader;
import java.util.Optional;
import java.util.Set;

/** One simulated hypervisor, open. It neither delivers contents at attach nor keeps scratch: the host reads and provides these. */
final class SimSite implements HypervisorSite {
    private final SimulatedHost host;

    SimSite(SimulatedHost host) {
        this.host = host;
    }

    /** The simulated computer itself, which has more buttons than the SPI knows. */
    SimulatedHost host() {
        return host;
    }

    @Override
    public String description() {
        return "Simulated hypervisor in " + host.directory();
    }

    @Override
    public Set<Capability> capabilities() {
        return Set.of();
    }

    @Override
    public void checkHealth(Deadline deadline) throws ProviderException {
        host.requireReachable(deadline);
    }

    @Override
    public Inventory inventory() {
        return new SimInventory(host);
    }

    @Override
    public Compute compute() {
        return new SimCompute(host);
    }

    @Override
    public Optional<WriteCapture> writeCapture() {
        return Optional.of(new SimWriteCapture(host));
    }

    @Override
    public Optional<VolumeReader> volumeReader() {
        return Optional.of((volume, deadline) -> {
            host.requireReachable(deadline);
            return new LiveVolume(host.require(volume));
        });
    }

    @Override
    public Optional<RecoveryTarget> recoveryTarget() {
        return Optional.of(new SimRecoveryTarget(host));
    }

    @Override
    public Optional<SampleVms> sampleVms() {
        return Optional.of(new SimSampleVms(host));
    }

    @Override
    public void close() {
        host.close();
    }
}
