package io.tidemark.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;

/**
 * The bytes behind an export of an {@link NbdServer}.
 *
 * <p>The server checks ranges: {@code 0 <= offset} and {@code offset + length <= sizeBytes()}, lengths are &gt; 0, and calls only what
 * {@link #abilities()} and {@link #readOnly()} allow. Calls come from the threads of all connections at once. A large request may come as
 * several calls, in order. An {@link NbdErrorException} is sent to the client as its code, any other {@link IOException} as {@code EIO} or
 * {@code ENOSPC}, a {@link RuntimeException} as {@code EIO}; the connection goes on in each case.
 */
public interface NbdExport {
    /** Size in bytes, ≥ 0; asked once per connection and constant while the export is served. */
    long sizeBytes();

    /** Whether writes are refused with {@code EPERM} without reaching the export. */
    boolean readOnly();

    /** What is advertised to clients; asked once per connection. */
    default Set<NbdAbility> abilities() {
        return NbdAbility.ALL_BUT_FAST_ZERO;
    }

    /** A sentence about the export for people who list it; may be empty. */
    default String description() {
        return "";
    }

    /** Fills all of {@code into} from {@code offset}. The buffer is the server's again after return. */
    void read(long offset, ByteBuffer into) throws IOException;

    /** Writes all of {@code data}; acknowledged once this returns. The buffer is the server's again after return. */
    void write(long offset, ByteBuffer data) throws IOException;

    /** Makes the range read as zeroes. */
    void writeZeroes(long offset, long lengthBytes, NbdZeroMode mode) throws IOException;

    /** The client has no more use for the range; space may be given back. What it reads as afterwards is the export's choice. */
    void trim(long offset, long lengthBytes) throws IOException;

    /** Makes every write that was acknowledged before this call durable, on whichever connection it came. */
    void flush() throws IOException;

    /**
     * What is known of the range without reading it: extents in order and without gaps, the first at {@code offset}. The answer may end
     * before the range does, where looking further costs too much, and is cut where it goes beyond it.
     */
    default List<NbdExtent> extents(long offset, long lengthBytes) throws IOException {
        return List.of(new NbdExtent(offset, lengthBytes, NbdExtent.Content.DATA));
    }
}
