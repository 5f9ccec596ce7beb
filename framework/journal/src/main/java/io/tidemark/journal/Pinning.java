package io.tidemark.journal;

/** Whether a checkpoint survives ageing. */
public enum Pinning {
    /** Ages with the history. */
    UNPINNED,
    /** Kept, with all the history after it, until it is unpinned. */
    PINNED
}
