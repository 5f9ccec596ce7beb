package io.tidemark.journal;

/** Whether the contents at a position are ones that the VM's volumes had at one moment. */
public enum ConsistencyState {
    /** A sync is under way, or none has ended yet: no checkpoint may lie here (J6). */
    INCONSISTENT,
    CONSISTENT
}
