package io.tidemark.journal.file;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/** One open file. Reads from any thread; changes from one at a time. Offsets and lengths in bytes. */
public interface StoreFile extends AutoCloseable {
    /** What offset, length and memory address of a change to a file from {@link StoreFiles#openDirect} must be a multiple of. */
    int DIRECT_ALIGNMENT_BYTES = 4096;

    Path path();

    long lengthBytes() throws IOException;

    /** Bytes that the file takes on its disk: what {@code du} says. */
    long allocatedBytes() throws IOException;

    /** Fills {@code into}. @throws java.io.EOFException if the file ends before */
    void read(long offset, ByteBuffer into) throws IOException;

    /** Says that a range will be read soon, in any order. A hint: it may do nothing, and never fails. */
    default void willRead(long offset, long lengthBytes) {}

    /** Writes all that remains in {@code data}; where it throws, any part may have been written. */
    void write(long offset, ByteBuffer data) throws IOException;

    /**
     * Begins to write all that remains in {@code data}. Neither the buffer nor its contents may be touched until {@link PendingWrite#await}
     * has returned. Writes that are pending at the same time must not overlap, and may reach the disk in any order.
     */
    PendingWrite startWrite(long offset, ByteBuffer data);

    /** Makes the file longer, reserving room as well as the file system can; what is new reads as zeroes. */
    void extend(long lengthBytes) throws IOException;

    /** The same without reserving room: what is new is a hole. */
    void extendSparsely(long lengthBytes) throws IOException;

    /** Makes the file shorter. */
    void truncate(long lengthBytes) throws IOException;

    /**
     * Makes a range read as zeroes and gives its room back; the length stays. Where it throws, any part may have been given back.
     *
     * @return false if this file system cannot do that; nothing was changed then
     */
    boolean punchHole(long offset, long lengthBytes) throws IOException;

    /** A read-only mapping of a range that is not changed while {@code arena} lives. */
    MemorySegment map(long offset, long lengthBytes, Arena arena) throws IOException;

    /** Makes what was written, and the length, durable. After it failed, nothing that was written since the last success may be relied on. */
    void sync() throws IOException;

    /** Begins a {@link #sync} that starts when some writes have ended, and fails where one of them did. Other writes may go on meanwhile. */
    PendingWrite startSync(List<PendingWrite> after);

    @Override
    void close() throws IOException;

    /** A write, or a sync, that was begun. */
    interface PendingWrite {
        /** Waits until it has ended; any number of times. @throws IOException if it failed; any part may have been written then */
        void await() throws IOException;
    }
}
