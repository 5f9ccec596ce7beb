package io.tidemark.nbd;

/** What zeroing may do to the space below. */
public enum NbdZeroMode {
    /** Space may be given back. */
    MAY_TRIM,
    /** Space stays allocated, so that later writes to the range do not run out of it ({@code NO_HOLE}). */
    KEEP_ALLOCATED
}
