package io.tidemark.journal;

/** The newest versions of one volume's bytes in a part of the journal. Immutable; any thread. */
interface ExtentLayer {
    /** Whether it may hold bytes of a range; false is certain. Cheap. */
    boolean mayTouch(long start, long end);

    /** A walk from the first extent that ends after an offset. */
    ExtentCursor from(long offset);
}
