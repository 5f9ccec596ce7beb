package io.tidemark.spi.site;

/** Power of a VM. Nothing destructive is done on {@link #UNKNOWN}. */
public enum PowerState {
    RUNNING,
    PAUSED,
    OFF,
    CRASHED,
    UNKNOWN
}
