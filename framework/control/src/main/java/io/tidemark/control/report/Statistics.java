package io.tidemark.control.report;

/** Measured figures per VPG. */
public interface Statistics {
    /** Figures of one VPG (id or name); {@code VPG_NOT_FOUND} when it is unknown here. */
    VpgStatistics of(String vpg);
}
