package io.tidemark.pluginhost;

import io.tidemark.spi.capture.WriteCapture;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.recovery.RecoverySite;
import io.tidemark.spi.recovery.RecoveryTarget;
import io.tidemark.spi.sample.SampleVms;
import io.tidemark.spi.site.Compute;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.Inventory;
import io.tidemark.spi.tracking.ChangeTracking;
import io.tidemark.spi.volume.VolumeReader;
import java.util.Optional;

/** Guards a hypervisor site; its facets are asked for once. */
class GuardedHypervisorSite extends GuardedProvider implements HypervisorSite {
    private final Inventory inventory;
    private final Compute compute;
    private final Optional<WriteCapture> writeCapture;
    private final Optional<VolumeReader> volumeReader;
    private final Optional<ChangeTracking> changeTracking;
    private final Optional<RecoveryTarget> recoveryTarget;
    private final Optional<SampleVms> sampleVms;

    /** As the kind of site that it is. */
    static HypervisorSite of(HypervisorSite inner, Guard guard) throws ProviderException {
        return inner instanceof RecoverySite recovery
                ? new GuardedRecoverySite(recovery, guard)
                : new GuardedHypervisorSite(inner, guard);
    }

    GuardedHypervisorSite(HypervisorSite inner, Guard guard) throws ProviderException {
        super(inner, guard);
        this.inventory = new GuardedInventory(guard.ask("inventory", inner::inventory), guard);
        this.compute = new GuardedCompute(guard.ask("compute", inner::compute), guard);
        this.writeCapture =
                guard.facet("writeCapture", inner::writeCapture, each -> new GuardedWriteCapture(each, guard));
        this.volumeReader =
                guard.facet("volumeReader", inner::volumeReader, each -> new GuardedVolumeReader(each, guard));
        this.changeTracking =
                guard.facet("changeTracking", inner::changeTracking, each -> new GuardedChangeTracking(each, guard));
        this.recoveryTarget =
                guard.facet("recoveryTarget", inner::recoveryTarget, each -> new GuardedRecoveryTarget(each, guard));
        this.sampleVms = guard.facet("sampleVms", inner::sampleVms, each -> new GuardedSampleVms(each, guard));
    }

    @Override
    public Inventory inventory() {
        return inventory;
    }

    @Override
    public Compute compute() {
        return compute;
    }

    @Override
    public Optional<WriteCapture> writeCapture() {
        return writeCapture;
    }

    @Override
    public Optional<VolumeReader> volumeReader() {
        return volumeReader;
    }

    @Override
    public Optional<ChangeTracking> changeTracking() {
        return changeTracking;
    }

    @Override
    public Optional<RecoveryTarget> recoveryTarget() {
        return recoveryTarget;
    }

    @Override
    public Optional<SampleVms> sampleVms() {
        return sampleVms;
    }
}
