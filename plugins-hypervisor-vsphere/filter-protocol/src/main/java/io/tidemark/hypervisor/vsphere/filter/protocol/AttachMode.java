package io.tidemark.hypervisor.vsphere.filter.protocol;

/** What a guest's write waits for. The order is the wire's. */
public enum AttachMode {
    /** Until the filter completes it, at most for the time limit. */
    HOLD,
    /** For nothing: the filter is handed the write, and loses continuity when the window is full. */
    OBSERVE
}
