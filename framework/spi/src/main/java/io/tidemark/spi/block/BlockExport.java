package io.tidemark.spi.block;

/** A device being served. */
public interface BlockExport extends AutoCloseable {
    BlockAddress.UnixSocket address();

    /** How many clients are connected now. */
    int connections();

    /** Disconnects all clients and removes the socket; does not close the device. Idempotent. */
    @Override
    void close();
}
