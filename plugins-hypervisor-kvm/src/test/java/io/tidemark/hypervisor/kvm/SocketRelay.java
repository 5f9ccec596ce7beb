package io.tidemark.hypervisor.kvm;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Stands between a client and libvirtd's socket, so that a test can cut one off without touching a daemon that others use too. */
final class SocketRelay implements AutoCloseable {
    private final Path target;
    private final Path socket;
    private final Set<SocketChannel> channels = ConcurrentHashMap.newKeySet();
    private @Nullable ServerSocketChannel listener;

    SocketRelay(Path socket, Path target) throws IOException {
        this.socket = socket;
        this.target = target;
        restore();
    }

    Path socket() {
        return socket;
    }

    /** Ends all connections and takes no more. */
    void cut() throws IOException {
        ServerSocketChannel open = listener;
        listener = null;
        if (open != null) {
            open.close();
        }
        Files.deleteIfExists(socket);
        for (SocketChannel channel : channels) {
            channel.close();
        }
        channels.clear();
    }

    void restore() throws IOException {
        ServerSocketChannel fresh = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        fresh.bind(UnixDomainSocketAddress.of(socket));
        listener = fresh;
        Thread.ofVirtual().start(() -> accept(fresh));
    }

    @Override
    public void close() throws IOException {
        cut();
    }

    private void accept(ServerSocketChannel from) {
        try {
            while (true) {
                SocketChannel near = from.accept();
                SocketChannel far = SocketChannel.open(UnixDomainSocketAddress.of(target));
                channels.add(near);
                channels.add(far);
                Thread.ofPlatform().daemon().start(() -> pump(near, far));
                Thread.ofPlatform().daemon().start(() -> pump(far, near));
            }
        } catch (IOException closed) {
            // cut: nothing more comes
            channels.removeIf(channel -> !channel.isOpen());
        }
    }

    private static void pump(SocketChannel from, SocketChannel to) {
        ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
        try (from;
                to) {
            while (from.read(buffer) >= 0) {
                buffer.flip();
                while (buffer.hasRemaining()) {
                    to.write(buffer);
                }
                buffer.clear();
            }
        } catch (IOException closed) {
            buffer.clear(); // one end went: the other is closed with it
        }
    }
}
