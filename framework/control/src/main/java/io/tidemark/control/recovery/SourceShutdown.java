package io.tidemark.control.recovery;

/** What is done with the source VMs before a live failover. A source site that does not answer is left alone, and the step says so. */
public enum SourceShutdown {
    NONE,
    /** Asks the guests; the failover is called off when one does not shut down in time. */
    GRACEFUL,
    /** Asks the guests, and cuts the power of those that do not shut down in time. */
    FORCED
}
