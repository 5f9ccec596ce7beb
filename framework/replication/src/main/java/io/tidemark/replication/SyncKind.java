package io.tidemark.replication;

/** What a sync has to move. */
public enum SyncKind {
    /** Everything: the recovery site has nothing yet. */
    INITIAL,
    /** Differences, found by checksum. */
    DELTA,
    /** What the dirty bitmap names. */
    BITMAP
}
