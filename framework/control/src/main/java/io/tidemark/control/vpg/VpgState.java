package io.tidemark.control.vpg;

/** How a VPG stands, for people; the worst of its life cycle and its members. */
public enum VpgState {
    /** Being created: journals are not prepared yet. */
    DEFINED,
    /** Nothing known yet of the data plane, for example right after a restart or on the recovery site before the source reported. */
    UNKNOWN,
    /** Members wait for their VMs to run. */
    WAITING,
    INITIAL_SYNC,
    DELTA_SYNC,
    BITMAP_SYNC,
    PROTECTED,
    DEGRADED,
    PAUSED,
    FAILING_OVER,
    FAILED_OVER_UNCOMMITTED,
    COMMITTING,
    ROLLING_BACK,
    FAILED_OVER,
    /** This site was the owner and is no more: the recovery site took the VPG over (J7). */
    FENCED,
    /** Journals without a source: protection was ended and the journals kept. */
    DETACHED,
    DELETING
}
