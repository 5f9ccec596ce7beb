package io.tidemark.hypervisor.vsphere.filter.protocol;

/** Why an attachment ended without being detached: from then on the filter is not handed the writes of the disk. The order is the wire's. */
public enum GapCause {
    /** The connected filter did not complete a write within the time limit; the guest went on. */
    FILTER_SLOW,
    /** The filter was not connected, and did not come back within the time limit of a write; the guest went on. */
    FILTER_LOST,
    /** An observed disk had more writes under way than the window takes. */
    OVERFLOW,
    /** Another filter attached to the disk. */
    TAKEN_OVER,
    /** The disk was removed from its VM, or the VM from the host. */
    DISK_REMOVED,
    /** The contents were replaced or changed by somebody else than the guest. */
    DISK_CHANGED,
    /** The disk failed a write that the filter had been handed: what is on the disk there is not known. */
    DISK_FAILED,
    /** The host does not know the attachment: it was restarted, or has forgotten it. */
    UNKNOWN,
    /** The filter's own listener failed, and the filter detached. */
    LISTENER_FAILED
}
