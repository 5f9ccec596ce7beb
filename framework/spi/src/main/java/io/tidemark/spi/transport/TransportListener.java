package io.tidemark.spi.transport;

/** A listening socket. */
public interface TransportListener extends AutoCloseable {
    /** Where it listens, with the port that was chosen when 0 was asked for. */
    Endpoint endpoint();

    /** Stops accepting and closes the accepted channels. Idempotent, never throws. */
    @Override
    void close();
}
