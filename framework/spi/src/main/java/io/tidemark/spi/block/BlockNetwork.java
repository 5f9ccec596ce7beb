package io.tidemark.spi.block;

import java.io.IOException;

/** The host's NBD server and client, for plugins. */
public interface BlockNetwork {
    /**
     * Serves a device on a unix socket of its own until closed. The device's methods are then called on the server's threads: an
     * {@link IOException} becomes an NBD error to that client; the server and the other exports go on.
     *
     * @param name a readable part of the socket's name; made unique by the host
     */
    BlockExport export(String name, BlockDevice device) throws IOException;

    /** Opens an export of another process as a device. Its calls block until answered. */
    BlockDevice connect(BlockAddress address) throws IOException;
}
