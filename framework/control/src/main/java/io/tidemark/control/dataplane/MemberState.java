package io.tidemark.control.dataplane;

/** State of one VM's protection in one VPG. */
public enum MemberState {
    /** Not started, or the VM is off; protected as soon as it runs. */
    WAITING,
    /** Full copy of the contents. */
    INITIAL_SYNC,
    /** Compare by checksum and ship differences. */
    DELTA_SYNC,
    /** Ship what the dirty bitmap names. */
    BITMAP_SYNC,
    /** Every write is on its way as it happens. */
    PROTECTED,
    /** Capture or the link is broken; being healed. */
    DEGRADED
}
