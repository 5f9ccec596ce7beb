package io.tidemark.control.recovery;

/** Who decides over a live failover. */
public enum CommitPolicy {
    /** A person. */
    NONE,
    /** Committed by itself after the time. */
    AUTO_COMMIT,
    /** Rolled back by itself after the time. */
    AUTO_ROLLBACK
}
