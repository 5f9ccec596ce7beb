package io.tidemark.spi.block;

import java.nio.file.Path;

/** Where an NBD export can be reached. */
public sealed interface BlockAddress {
    /** Name of the export; may be empty, the default export. */
    String exportName();

    /** On this host. */
    record UnixSocket(Path socket, String exportName) implements BlockAddress {}

    /** Over TCP; the host never exports without authentication beyond loopback. */
    record Tcp(String host, int port, String exportName) implements BlockAddress {}
}
