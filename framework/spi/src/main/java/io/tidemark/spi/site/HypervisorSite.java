package io.tidemark.spi.site;

import io.tidemark.spi.capture.WriteCapture;
import io.tidemark.spi.plugin.Provider;
import io.tidemark.spi.recovery.RecoveryTarget;
import io.tidemark.spi.sample.SampleVms;
import io.tidemark.spi.tracking.ChangeTracking;
import io.tidemark.spi.volume.VolumeReader;
import java.util.Optional;

/** One hypervisor management domain. Inventory and compute are always there; an empty facet is an ability that it lacks. */
public interface HypervisorSite extends Provider {
    Inventory inventory();

    Compute compute();

    default Optional<WriteCapture> writeCapture() {
        return Optional.empty();
    }

    default Optional<VolumeReader> volumeReader() {
        return Optional.empty();
    }

    /** Where the writes of running VMs cannot be captured: protection by freezing. */
    default Optional<ChangeTracking> changeTracking() {
        return Optional.empty();
    }

    default Optional<RecoveryTarget> recoveryTarget() {
        return Optional.empty();
    }

    default Optional<SampleVms> sampleVms() {
        return Optional.empty();
    }
}
