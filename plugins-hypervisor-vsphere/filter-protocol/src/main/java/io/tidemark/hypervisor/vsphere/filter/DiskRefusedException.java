package io.tidemark.hypervisor.vsphere.filter;

import io.tidemark.hypervisor.vsphere.filter.protocol.Message.Failed;
import java.io.IOException;

/** The host was reached and did not do what was asked. */
public final class DiskRefusedException extends IOException {
    private final Failed.Kind kind;

    DiskRefusedException(Failed failed) {
        super(failed.reason());
        this.kind = failed.kind();
    }

    public Failed.Kind kind() {
        return kind;
    }
}
