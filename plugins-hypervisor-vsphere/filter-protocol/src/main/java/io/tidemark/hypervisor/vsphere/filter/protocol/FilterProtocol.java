package io.tidemark.hypervisor.vsphere.filter.protocol;

import java.time.Duration;

/** The numbers of protocol version 1. */
public final class FilterProtocol {
    public static final int VERSION = 1;

    /** A guest's write that is longer is handed out in pieces. */
    public static final int MOST_WRITE_BYTES = 1 << 20;

    /** Of one read. */
    public static final int MOST_READ_BYTES = 256 << 10;

    /** Of one answer to a request for extents. */
    public static final int MOST_EXTENTS = 4096;

    /** Requests of one connection that are not answered yet. */
    public static final int MOST_REQUESTS = 32;

    /** Events that may wait besides what fills the window. */
    public static final int MOST_EVENTS = 64;

    /** Attachments of one connection. */
    public static final int MOST_ATTACHMENTS = 4096;

    public static final Duration DEFAULT_TIME_LIMIT = Duration.ofMillis(500);
    public static final Duration LONGEST_TIME_LIMIT = Duration.ofSeconds(2);

    /** Bytes that an attachment may have handed out and not completed: at least one write fits always. */
    public static final int DEFAULT_WINDOW_BYTES = 4 << 20;

    public static final int LARGEST_WINDOW_BYTES = 64 << 20;

    /** What each thing handed out counts for in the window besides its data, so that small writes are bounded too. */
    public static final long WINDOW_OVERHEAD_BYTES = 128;

    private FilterProtocol() {}
}
