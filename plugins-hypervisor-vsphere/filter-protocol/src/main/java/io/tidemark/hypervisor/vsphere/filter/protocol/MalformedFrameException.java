package io.tidemark.hypervisor.vsphere.filter.protocol;

import java.io.IOException;

/** What arrived is no message of this protocol; nothing after it can be trusted. */
public final class MalformedFrameException extends IOException {
    public MalformedFrameException(String message) {
        super(message);
    }

    MalformedFrameException(String message, Throwable cause) {
        super(message, cause);
    }
}
