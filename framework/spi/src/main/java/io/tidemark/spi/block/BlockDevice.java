package io.tidemark.spi.block;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Random access to a fixed number of bytes. Offsets and lengths are bytes within {@code [0, sizeBytes]}; callers check ranges.
 *
 * <p>Calls may come from several threads at once. Overlapping concurrent writes may land in any order.
 */
public interface BlockDevice extends AutoCloseable {
    long sizeBytes();

    boolean readOnly();

    /** Fills {@code into} from {@code offset}; reads exactly {@code into.remaining()} bytes. */
    void read(long offset, ByteBuffer into) throws IOException;

    /** Writes all of {@code data}; once this returns the write may be acknowledged. The buffer is the caller's again after return. */
    void write(long offset, ByteBuffer data) throws IOException;

    /** Makes the range read as zeroes. */
    void writeZeroes(long offset, long lengthBytes, ZeroCause cause) throws IOException;

    /** Makes all writes that were acknowledged before this call durable. */
    void flush() throws IOException;

    /** Tells which parts of the range are known to read as zeroes; covers the range without gaps, in order. */
    default List<BlockExtent> extents(long offset, long lengthBytes) throws IOException {
        return List.of(new BlockExtent(offset, lengthBytes, BlockExtent.Content.DATA));
    }

    @Override
    void close() throws IOException;
}
