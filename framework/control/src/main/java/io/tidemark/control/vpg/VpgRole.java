package io.tidemark.control.vpg;

/** What this site is to a VPG. */
public enum VpgRole {
    /** Its VMs run here. */
    PROTECTED,
    /** Its journals are here. */
    RECOVERY
}
