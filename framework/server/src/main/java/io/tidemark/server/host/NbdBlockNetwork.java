package io.tidemark.server.host;

import io.tidemark.nbd.NbdClient;
import io.tidemark.nbd.NbdClientConfig;
import io.tidemark.nbd.NbdServer;
import io.tidemark.nbd.NbdServerConfig;
import io.tidemark.replication.serve.DeviceExport;
import io.tidemark.spi.block.BlockAddress;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExport;
import io.tidemark.spi.block.BlockNetwork;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The server's NBD exports and connections: each export on a socket of its own. Safe for use by several threads. */
public final class NbdBlockNetwork implements BlockNetwork, AutoCloseable {
    private final RunFolder sockets;
    private final Set<SocketExport> open = ConcurrentHashMap.newKeySet();

    private NbdBlockNetwork(RunFolder sockets) {
        this.sockets = sockets;
    }

    /** @param data the server's data folder; sockets of an earlier process in it are removed */
    public static NbdBlockNetwork open(Path data) throws IOException {
        return new NbdBlockNetwork(RunFolder.open(data));
    }

    @Override
    public BlockExport export(String name, BlockDevice device) throws IOException {
        Path socket = sockets.socket(name);
        NbdServer server = NbdServer.listen(NbdServerConfig.unix(socket));
        server.addExport(SocketExport.NAME, new DeviceExport(device));
        SocketExport export = new SocketExport(server, socket);
        open.add(export);
        return export;
    }

    @Override
    public BlockDevice connect(BlockAddress address) throws IOException {
        NbdClientConfig config =
                switch (address) {
                    case BlockAddress.UnixSocket unix -> NbdClientConfig.unix(unix.socket(), unix.exportName());
                    case BlockAddress.Tcp tcp ->
                        NbdClientConfig.tcp(new InetSocketAddress(tcp.host(), tcp.port()), tcp.exportName());
                };
        return new RemoteDevice(NbdClient.connect(config));
    }

    /** Ends all exports. Idempotent, never throws. */
    @Override
    public void close() {
        open.forEach(SocketExport::close);
        sockets.close();
    }

    /** One device on one socket. */
    private final class SocketExport implements BlockExport {
        /** The default export: a client that is given only the socket reaches it too. */
        private static final String NAME = "";

        private final NbdServer server;
        private final Path socket;

        SocketExport(NbdServer server, Path socket) {
            this.server = server;
            this.socket = socket;
        }

        @Override
        public BlockAddress.UnixSocket address() {
            return new BlockAddress.UnixSocket(socket, NAME);
        }

        @Override
        public int connections() {
            return server.connections(NAME);
        }

        @Override
        public void close() {
            open.remove(this);
            server.close();
        }
    }
}
