package io.tidemark.journal;

import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.id.VolumeId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A volume as it was at one position of the journal; read-only and unchanging. Any thread, several at once. While it is open, ageing keeps
 * all that it needs; it never delays appends.
 */
public interface VolumeView extends AutoCloseable {
    VolumeId volume();

    /** The position whose contents this shows. */
    long position();

    long sizeBytes();

    /**
     * Fills {@code into} from {@code offset}.
     *
     * @throws JournalCorruptException if what is stored does not match its checksum; the message says where. The contents of the buffer are
     *     then undefined, and its position is where it was
     * @throws IndexOutOfBoundsException if the range is not inside the volume
     */
    void read(long offset, ByteBuffer into) throws IOException;

    /** Which parts of the range are known to read as zeroes, without reading them; covers the range without gaps, in order. */
    List<BlockExtent> extents(long offset, long lengthBytes) throws IOException;

    /** Lets go of what it held. Idempotent. Reads that are under way must have ended. */
    @Override
    void close();
}
