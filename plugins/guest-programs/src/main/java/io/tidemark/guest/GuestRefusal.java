package io.tidemark.guest;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import java.io.IOException;

/** What a program refuses, in words for the operator. */
final class GuestRefusal {
    private GuestRefusal() {}

    static ProviderException unfit(String happened, String why) {
        return new ProviderException(FailureKind.REJECTED, happened, why, "Change the request, then try again.");
    }

    static ProviderException failingDisk(String guest, IOException cause) {
        return new ProviderException(
                FailureKind.RETRY_LATER,
                "The guest " + guest + " met a failing disk",
                "a disk could not be read or written (" + cause + ")",
                "See that the storage of the simulated hypervisor works and has space.",
                cause);
    }
}
