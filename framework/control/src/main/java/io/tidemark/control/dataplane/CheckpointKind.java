package io.tidemark.control.dataplane;

/** How a checkpoint came to be. */
public enum CheckpointKind {
    AUTOMATIC,
    TAGGED,
    APPLICATION_CONSISTENT
}
