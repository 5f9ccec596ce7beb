package io.tidemark.spi.error;

/** What the host does about a failure; callers decide by this, never by parsing texts. */
public enum FailureKind {
    /** The same call may succeed later; the host retries with back-off. */
    RETRY_LATER,
    /** The request is wrong or an operator must change something first. */
    REJECTED,
    /** The provider lacks the ability; {@code capabilities()} says so too. */
    UNSUPPORTED,
    /** The far end cannot be reached; retried, and raised as an alert when it lasts. */
    UNREACHABLE,
    /** Somebody else owns or changed the object. */
    CONFLICT,
    /** Writes may have been missed; the host ends in a sync. */
    CONTINUITY_LOST,
    /** Data failed verification; nothing is overwritten, the operator is told where. */
    CORRUPT,
    /** A defect of the plugin or of the host. */
    BUG
}
