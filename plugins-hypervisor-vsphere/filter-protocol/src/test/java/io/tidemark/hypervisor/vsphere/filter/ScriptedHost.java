package io.tidemark.hypervisor.vsphere.filter;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.tidemark.hypervisor.vsphere.filter.protocol.FilterConnection;
import io.tidemark.hypervisor.vsphere.filter.protocol.FilterSecret;
import io.tidemark.hypervisor.vsphere.filter.protocol.Message;
import io.tidemark.hypervisor.vsphere.filter.protocol.MessageWriter;
import io.tidemark.spi.plugin.Deadline;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** A host that does what the test says, right or wrong. */
final class ScriptedHost implements AutoCloseable {
    static final FilterSecret SECRET = FilterSecret.of("this is the secret that both sides know");
    private static final int IDLE_MILLIS = 5000;
    private static final int ACCEPT_MILLIS = 20_000;

    private final ServerSocket server = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
    private final List<Socket> sockets = new ArrayList<>();

    ScriptedHost() throws IOException {
        server.setSoTimeout(ACCEPT_MILLIS);
    }

    FilterClientConfig config() {
        return config(SECRET);
    }

    FilterClientConfig config(FilterSecret secret) {
        FilterClientConfig usual = FilterClientConfig.of("127.0.0.1", server.getLocalPort(), secret, "scripted");
        return new FilterClientConfig(
                usual.host(),
                usual.port(),
                usual.secret(),
                usual.name(),
                usual.sockets(),
                usual.threads(),
                usual.connectLimit(),
                Duration.ofMillis(50),
                Duration.ofMillis(500));
    }

    /** Lets the next connection in. */
    Side admit() throws IOException {
        Socket socket = accept();
        return new Side(
                FilterConnection.admit(
                        socket, SECRET, UUID.randomUUID(), IDLE_MILLIS, Deadline.after(Duration.ofSeconds(10))),
                socket);
    }

    Socket accept() throws IOException {
        Socket socket = server.accept();
        sockets.add(socket);
        return socket;
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    /** The host's end of one connection. */
    record Side(FilterConnection connection, Socket socket) {
        /** The next message that is no ping. */
        Message read() throws IOException {
            Message message = connection.read();
            while (message instanceof Message.Ping) {
                message = connection.read();
            }
            return message;
        }

        <M extends Message> M expect(Class<M> type) throws IOException {
            return assertInstanceOf(type, read());
        }

        void say(Message message) throws IOException {
            connection.write(MessageWriter.frame(message));
            connection.flush();
        }

        void sayRaw(byte[] bytes) throws IOException {
            connection.write(bytes);
            connection.flush();
        }

        void hangUp() throws IOException {
            socket.close();
        }
    }
}
