package io.tidemark.hypervisor.vsphere.compute;

import io.tidemark.hypervisor.vsphere.inventory.VsphereInventory;
import io.tidemark.hypervisor.vsphere.inventory.VsphereVm;
import io.tidemark.hypervisor.vsphere.vim.MoRef;
import io.tidemark.hypervisor.vsphere.vim.Tasks;
import io.tidemark.hypervisor.vsphere.vim.VimFault;
import io.tidemark.hypervisor.vsphere.vim.VimSession;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.site.Compute;
import io.tidemark.spi.site.PowerState;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Starts, stops and destroys the VMs of one vCenter. */
public final class VsphereCompute implements Compute {
    private static final Duration POLL = Duration.ofMillis(200);

    private final VimSession session;
    private final VsphereInventory inventory;

    public VsphereCompute(VimSession session, VsphereInventory inventory) {
        this.session = session;
        this.inventory = inventory;
    }

    @Override
    public PowerState power(VmId vm, Deadline deadline) throws ProviderException {
        return inventory
                .require(vm, "The power of VM " + vm + " is not known", deadline)
                .power();
    }

    @Override
    public void start(VmId vm, Deadline deadline) throws ProviderException {
        VsphereVm found = inventory.require(vm, "VM " + vm + " was not started", deadline);
        if (found.power() == PowerState.RUNNING) {
            return;
        }
        runUnless(PowerState.RUNNING, "Starting VM " + found.name(), "PowerOnVM_Task", found, deadline);
    }

    @Override
    public void shutDown(VmId vm, Deadline deadline) throws ProviderException {
        VsphereVm found = inventory.require(vm, "VM " + vm + " was not shut down", deadline);
        if (found.power() == PowerState.OFF) {
            return;
        }
        String what = "Shutting down VM " + found.name();
        try {
            session.call(what, "ShutdownGuest", found.ref(), body -> {}, deadline);
        } catch (VimFault fault) {
            if (!fault.is("InvalidPowerState") || power(vm, deadline) != PowerState.OFF) {
                throw fault.toProviderException(what);
            }
        }
        while (power(vm, deadline) != PowerState.OFF) {
            if (deadline.passed()) {
                throw new ProviderException(
                        FailureKind.RETRY_LATER,
                        "VM " + found.name() + " did not shut down in time",
                        "its guest was asked through VMware Tools, and still runs",
                        "Wait longer, shut it down from within, or cut its power.");
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
    }

    @Override
    public void powerOff(VmId vm, Deadline deadline) throws ProviderException {
        powerOff(inventory.require(vm, "The power of VM " + vm + " was not cut", deadline), deadline);
    }

    private void powerOff(VsphereVm vm, Deadline deadline) throws ProviderException {
        if (vm.power() != PowerState.OFF) {
            runUnless(PowerState.OFF, "Cutting the power of VM " + vm.name(), "PowerOffVM_Task", vm, deadline);
        }
    }

    private void runUnless(PowerState wanted, String what, String method, VsphereVm vm, Deadline deadline)
            throws ProviderException {
        try {
            Tasks.run(session, what, method, vm.ref(), body -> {}, deadline);
        } catch (VimFault fault) {
            // Somebody else may have been faster.
            if (!fault.is("InvalidPowerState") || power(vm.id(), deadline) != wanted) {
                throw fault.toProviderException(what);
            }
        }
    }

    /** Removes a VM with its disks and files, whatever its power. Does nothing when it is gone. */
    public void destroy(VsphereVm vm, Deadline deadline) throws ProviderException {
        String what = "Removing VM " + vm.name();
        try {
            powerOff(vm, deadline);
            Tasks.run(session, what, "Destroy_Task", vm.ref(), body -> {}, deadline);
        } catch (VimFault fault) {
            if (!fault.is("ManagedObjectNotFound")) {
                throw fault.toProviderException(what);
            }
        } catch (ProviderException failure) {
            if (!gone(vm.ref(), deadline)) {
                throw failure;
            }
        }
    }

    private boolean gone(MoRef vm, Deadline deadline) throws ProviderException {
        return inventory.topology(deadline).all("VirtualMachine").stream().noneMatch(vm::equals);
    }
}
