package io.tidemark.hypervisor.vsphere.filter.protocol;

import java.io.IOException;

/** The other side does not let us in, or its proof is wrong; another attempt with the same settings ends in the same way. */
public final class RefusedException extends IOException {
    public RefusedException(String message) {
        super(message);
    }
}
