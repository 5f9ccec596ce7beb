package io.tidemark.journal.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** One open file. Reads from any thread; changes from one at a time. Offsets and lengths in bytes. */
public interface StoreFile extends AutoCloseable {
    Path path();

    long lengthBytes() throws IOException;

    /** Fills {@code into}. @throws java.io.EOFException if the file ends before */
    void read(long offset, ByteBuffer into) throws IOException;

    /** Writes all that remains in {@code data}; where it throws, any part may have been written. */
    void write(long offset, ByteBuffer data) throws IOException;

    /** Makes the file longer, reserving room as well as the file system can; what is new reads as zeroes. */
    void extend(long lengthBytes) throws IOException;

    /** Makes the file shorter. */
    void truncate(long lengthBytes) throws IOException;

    /** Makes what was written, and the length, durable. After it failed, nothing that was written since the last success may be relied on. */
    void sync() throws IOException;

    @Override
    void close() throws IOException;
}
