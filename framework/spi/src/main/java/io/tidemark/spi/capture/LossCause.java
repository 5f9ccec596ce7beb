package io.tidemark.spi.capture;

/** Why capture of a volume ended without being asked to. */
public enum LossCause {
    /** The hypervisor's capture job failed or vanished. */
    CAPTURE_FAILED,
    /**
     * The VM was powered off, crashed or was destroyed, and nothing is missing: all that it was given an acknowledgement for has been passed on.
     * Where that is not certain the cause is {@link #CAPTURE_FAILED}.
     */
    VM_STOPPED,
    /** The VM moved to another host. */
    VM_MOVED,
    /** The disk was grown, shrunk, replaced or removed. */
    VOLUME_CHANGED,
    /** The connection to the hypervisor broke. */
    CONNECTION_LOST
}
