package io.tidemark.hypervisor.kvm;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.site.Compute;
import io.tidemark.spi.site.PowerState;
import java.time.Duration;
import org.libvirt.Domain;
import org.libvirt.LibvirtException;

/** Power of the domains of one libvirt daemon. */
final class KvmCompute implements Compute {
    private static final Duration POLL = Duration.ofMillis(100);

    private final Libvirt libvirt;

    KvmCompute(Libvirt libvirt) {
        this.libvirt = libvirt;
    }

    @Override
    public PowerState power(VmId vm, Deadline deadline) throws ProviderException {
        return libvirt.domain("Asking for the power of VM " + vm, vm, deadline, KvmInventory::power);
    }

    @Override
    public void start(VmId vm, Deadline deadline) throws ProviderException {
        libvirt.<Boolean>domain("Starting VM " + vm, vm, deadline, domain -> {
            if (domain.isActive() == 0) {
                domain.create();
            } else if (KvmInventory.power(domain) == PowerState.PAUSED) {
                domain.resume();
            }
            return true;
        });
    }

    @Override
    public void shutDown(VmId vm, Deadline deadline) throws ProviderException {
        boolean asked = libvirt.domain("Shutting down VM " + vm, vm, deadline, domain -> {
            if (domain.isActive() == 0) {
                return false;
            }
            domain.shutdown();
            return true;
        });
        if (!asked) {
            return;
        }
        while (power(vm, deadline) != PowerState.OFF) {
            if (deadline.passed()) {
                throw new ProviderException(
                        FailureKind.RETRY_LATER,
                        "VM " + vm + " did not shut down in time",
                        "its guest was asked, and still runs",
                        "Wait longer, shut it down from within, or cut its power.");
            }
            Waiting.pause(POLL);
        }
    }

    @Override
    public void powerOff(VmId vm, Deadline deadline) throws ProviderException {
        libvirt.<Boolean>domain("Cutting the power of VM " + vm, vm, deadline, domain -> {
            destroy(domain);
            return true;
        });
    }

    /** Cuts the power of a domain; does nothing to one that is off. */
    static void destroy(Domain domain) throws LibvirtException {
        if (domain.isActive() == 0) {
            return;
        }
        try {
            domain.destroy();
        } catch (LibvirtException failure) {
            // It may have gone off by itself meanwhile.
            if (domain.isActive() != 0) {
                throw failure;
            }
        }
    }
}
