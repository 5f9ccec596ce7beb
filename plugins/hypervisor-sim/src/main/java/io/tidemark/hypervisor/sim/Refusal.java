package io.tidemark.hypervisor.sim;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import java.io.IOException;

/** The refusals that several facets give, in words for the operator. */
final class Refusal {
    private Refusal() {}

    static ProviderException unknownVm(VmId vm) {
        return new ProviderException(
                FailureKind.REJECTED,
                "VM " + vm + " was not found",
                "the simulated hypervisor has no VM with this id",
                "List the VMs and use an id from there.");
    }

    static ProviderException unknownVolume(VolumeId volume) {
        return new ProviderException(
                FailureKind.REJECTED,
                "Volume " + volume + " was not found",
                "the VM has no disk with this id",
                "List the VMs and use a volume's id from there.");
    }

    static ProviderException vmIsOff(VmId vm) {
        return new ProviderException(
                FailureKind.REJECTED,
                "VM " + vm + " was not reached",
                "it is powered off",
                "Start the VM, then try again.");
    }

    static ProviderException continuityLost(VmId vm, VolumeId volume) {
        return new ProviderException(
                FailureKind.CONTINUITY_LOST,
                "Continuity of VM " + vm + " is not confirmed",
                "the capture of " + volume + " ended, or the VM has run since",
                "Attach anew, then compare.");
    }

    static ProviderException nameTaken(String name) {
        return new ProviderException(
                FailureKind.CONFLICT,
                "VM '" + name + "' was not created",
                "another VM has this name",
                "Choose a name that is free.");
    }

    static ProviderException unfit(String happened, String why) {
        return new ProviderException(FailureKind.REJECTED, happened, why, "Change the request, then try again.");
    }

    /** A file or a block export failed; the same call may succeed once it works again. */
    static ProviderException io(String happened, IOException cause) {
        return new ProviderException(
                FailureKind.RETRY_LATER,
                happened,
                "a disk could not be read or written (" + cause + ")",
                "See that the folder of the simulated hypervisor has space and that the block exports are served.",
                cause);
    }
}
