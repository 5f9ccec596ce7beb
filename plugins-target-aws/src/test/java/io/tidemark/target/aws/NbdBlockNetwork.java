package io.tidemark.target.aws;

import io.tidemark.nbd.NbdAbility;
import io.tidemark.nbd.NbdClient;
import io.tidemark.nbd.NbdClientConfig;
import io.tidemark.nbd.NbdExport;
import io.tidemark.nbd.NbdExtent;
import io.tidemark.nbd.NbdServer;
import io.tidemark.nbd.NbdServerConfig;
import io.tidemark.nbd.NbdZeroMode;
import io.tidemark.spi.block.BlockAddress;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExport;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.block.BlockNetwork;
import io.tidemark.spi.block.ZeroCause;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** A block network over real NBD, one unix socket per export, as the server gives it to plugins. */
final class NbdBlockNetwork implements BlockNetwork {
    private final Path sockets;
    private final AtomicInteger exports = new AtomicInteger();
    private final Set<NbdServer> servers = ConcurrentHashMap.newKeySet();

    /** @param sockets a folder with a short path: a unix socket's path has at most 108 bytes */
    NbdBlockNetwork(Path sockets) {
        this.sockets = sockets;
    }

    @Override
    public BlockExport export(String name, BlockDevice device) throws IOException {
        return exportAt(sockets.resolve(name + "-" + exports.incrementAndGet()), device);
    }

    /** Exports on a socket that was in use before, as a restarted host does. */
    BlockExport exportAt(Path socket, BlockDevice device) throws IOException {
        NbdServer server = NbdServer.listen(NbdServerConfig.unix(socket));
        server.addExport("", new ServedDevice(device));
        servers.add(server);
        return new BlockExport() {
            @Override
            public BlockAddress.UnixSocket address() {
                return new BlockAddress.UnixSocket(socket, "");
            }

            @Override
            public int connections() {
                return server.connections("");
            }

            @Override
            public void close() {
                servers.remove(server);
                server.close();
            }
        };
    }

    /** Ends all exports at once, as the end of the process that serves them would. */
    void killExports() {
        servers.forEach(NbdServer::close);
    }

    @Override
    public BlockDevice connect(BlockAddress address) throws IOException {
        return new ConnectedDevice(NbdClient.connect(
                switch (address) {
                    case BlockAddress.UnixSocket unix -> NbdClientConfig.unix(unix.socket(), unix.exportName());
                    case BlockAddress.Tcp tcp ->
                        NbdClientConfig.tcp(new InetSocketAddress(tcp.host(), tcp.port()), tcp.exportName());
                }));
    }

    /** A device as an export. */
    private record ServedDevice(BlockDevice device) implements NbdExport {
        @Override
        public long sizeBytes() {
            return device.sizeBytes();
        }

        @Override
        public boolean readOnly() {
            return device.readOnly();
        }

        @Override
        public Set<NbdAbility> abilities() {
            return NbdAbility.ALL_BUT_FAST_ZERO;
        }

        @Override
        public void read(long offset, ByteBuffer into) throws IOException {
            device.read(offset, into);
        }

        @Override
        public void write(long offset, ByteBuffer data) throws IOException {
            device.write(offset, data);
        }

        @Override
        public void writeZeroes(long offset, long lengthBytes, NbdZeroMode mode) throws IOException {
            device.writeZeroes(offset, lengthBytes, ZeroCause.WRITE_ZEROES);
        }

        @Override
        public void trim(long offset, long lengthBytes) throws IOException {
            device.writeZeroes(offset, lengthBytes, ZeroCause.TRIM);
        }

        @Override
        public void flush() throws IOException {
            device.flush();
        }

        @Override
        public List<NbdExtent> extents(long offset, long lengthBytes) throws IOException {
            return device.extents(offset, lengthBytes).stream()
                    .map(extent -> new NbdExtent(
                            extent.offset(),
                            extent.lengthBytes(),
                            extent.content() == BlockExtent.Content.ZERO
                                    ? NbdExtent.Content.ZERO
                                    : NbdExtent.Content.DATA))
                    .toList();
        }
    }

    /** An export of somebody as a device. */
    private record ConnectedDevice(NbdClient client) implements BlockDevice {
        @Override
        public long sizeBytes() {
            return client.sizeBytes();
        }

        @Override
        public boolean readOnly() {
            return client.readOnly();
        }

        @Override
        public void read(long offset, ByteBuffer into) throws IOException {
            client.read(offset, into);
        }

        @Override
        public void write(long offset, ByteBuffer data) throws IOException {
            client.write(offset, data);
        }

        @Override
        public void writeZeroes(long offset, long lengthBytes, ZeroCause cause) throws IOException {
            client.writeZeroes(offset, lengthBytes, NbdZeroMode.MAY_TRIM);
        }

        @Override
        public void flush() throws IOException {
            client.flush();
        }

        @Override
        public List<BlockExtent> extents(long offset, long lengthBytes) throws IOException {
            return client.blockStatus(offset, lengthBytes).stream()
                    .map(extent -> new BlockExtent(
                            extent.offset(),
                            extent.lengthBytes(),
                            extent.content().readsAsZeroes() ? BlockExtent.Content.ZERO : BlockExtent.Content.DATA))
                    .toList();
        }

        @Override
        public void close() {
            client.close();
        }
    }
}
