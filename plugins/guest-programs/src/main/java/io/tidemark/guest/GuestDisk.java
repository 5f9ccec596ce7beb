package io.tidemark.guest;

import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.block.ZeroCause;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** A disk as its guest sees it. Any thread; every method throws {@link IOException} when the power is cut or the storage fails. */
public interface GuestDisk {
    /** For messages. */
    String name();

    long sizeBytes();

    /** Fills the buffer from {@code offset}. */
    void read(long offset, ByteBuffer into) throws IOException;

    /** Writes what remains in the buffer; acknowledged by returning. */
    void write(long offset, ByteBuffer data) throws IOException;

    /** Makes a range read as zeroes; acknowledged by returning. As on real hardware, a disk without such a command gets zeroes written. */
    default void zero(long offset, long lengthBytes, ZeroCause cause) throws IOException {
        for (long at = offset; at < offset + lengthBytes; at += Zeroes.PIECE_BYTES) {
            write(at, Zeroes.piece(Math.min(Zeroes.PIECE_BYTES, offset + lengthBytes - at)));
        }
    }

    /** Makes all acknowledged writes durable; nothing to do for a disk that acknowledges no write which could still be lost. */
    default void flush() throws IOException {}

    /** Tells which parts of a range are known to be zero, in order and without gaps. */
    List<BlockExtent> extents(long offset, long lengthBytes) throws IOException;
}
