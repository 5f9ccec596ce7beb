package io.tidemark.tck.hypervisor;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.plugin.ProviderConfig;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.HypervisorSiteFactory;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * One hypervisor under test: how to open it, how patient to be with it, and how to break it. Made once per contract class and closed
 * after it.
 */
public interface HypervisorSubject extends AutoCloseable {
    HypervisorSiteFactory factory();

    /** Settings that open the hypervisor; opening twice, one after the other, reaches the same VMs. */
    ProviderConfig config();

    /** Settings that {@code open} must refuse with a {@link ProviderException}; at least one. */
    List<ProviderConfig> refusedConfigs();

    /** The host side; the same object every time, with a working block network. */
    TckProviderContext context();

    /** How long one control call, the boot of a guest included, may take before it counts as failed. */
    Duration timeLimit();

    /** Makes the hypervisor's capture of a running VM fail as it may in the field; empty when the subject cannot. */
    default Optional<CaptureBreaker> captureBreaker() {
        return Optional.empty();
    }

    /** Makes the far end unreachable and reachable again; empty when the subject cannot. */
    default Optional<FarEndSwitch> farEndSwitch() {
        return Optional.empty();
    }

    /** Removes a VM that was promoted, for which the SPI has no call. Nothing to do when closing the subject removes it anyway. */
    default void removePromoted(VmId vm) throws Exception {}

    /** Removes what the subject made outside the SPI: folders, connections. */
    @Override
    void close() throws Exception;

    /** Opens the hypervisor with {@link #config()}. */
    default HypervisorSite open() throws ProviderException {
        return factory().open(config(), context(), Deadline.after(timeLimit()));
    }

    /** See {@link HypervisorSubject#captureBreaker()}. */
    @FunctionalInterface
    interface CaptureBreaker {
        /** Returns once the failure is done; that it is noticed may take longer. */
        void breakCapture(VmId vm, VolumeId volume) throws Exception;
    }

    /** See {@link HypervisorSubject#farEndSwitch()}. */
    interface FarEndSwitch {
        void cut() throws Exception;

        void restore() throws Exception;
    }
}
