package io.tidemark.journal;

/**
 * Walks extents of one volume in the order of their starts, without overlaps. A place has the offset of a batch in units of 4 KiB in its upper
 * half, and in its lower half where in the batch's payload the first byte is, or {@link #ZERO}. Used by one thread.
 */
interface ExtentCursor {
    /** The lower half of the place of an extent that reads as zeroes. */
    int ZERO = -1;

    /** Goes to the next extent; false at the end. */
    boolean next();

    long start();

    long end();

    /** Number of the segment that holds the bytes; of one of those that zeroed them, if they are zeroes. */
    long segment();

    long place();

    static boolean isZero(long place) {
        return (int) place == ZERO;
    }

    /** The place of what comes so many bytes after the start. */
    static long placeAfter(long place, long bytes) {
        return isZero(place) ? place : place + bytes;
    }
}
