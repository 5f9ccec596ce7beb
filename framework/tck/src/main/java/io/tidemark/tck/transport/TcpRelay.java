package io.tidemark.tck.transport;

import io.tidemark.spi.transport.Endpoint;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A TCP relay on loopback that can cut its connections or swallow everything silently. One thread per direction. */
public final class TcpRelay implements TransportSubject.Line {
    private static final Logger LOG = LoggerFactory.getLogger(TcpRelay.class);

    private final Endpoint target;
    private final ServerSocket server;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile boolean hanging;

    public TcpRelay(Endpoint target) throws IOException {
        this.target = target;
        this.server = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
        start("relay-accept", this::acceptAll);
    }

    private static void start(String name, Runnable work) {
        Thread.ofPlatform().name(name).daemon().start(work);
    }

    private void acceptAll() {
        while (!server.isClosed()) {
            try {
                Socket near = server.accept();
                sockets.add(near);
                Socket far = new Socket();
                sockets.add(far);
                far.connect(new InetSocketAddress(target.host(), target.port()));
                start("relay-out", () -> copy(near, far));
                start("relay-back", () -> copy(far, near));
            } catch (IOException e) {
                LOG.atDebug().setCause(e).log("The relay could not pass on a connection");
            }
        }
    }

    private void copy(Socket from, Socket to) {
        byte[] buffer = new byte[32 << 10];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                if (hanging) {
                    closed.await();
                }
                out.write(buffer, 0, count);
            }
            if (hanging) {
                closed.await();
            }
            to.shutdownOutput();
        } catch (IOException e) {
            LOG.atTrace().setCause(e).log("A relayed connection ended");
            if (!hanging) {
                reset(from);
                reset(to);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void reset(Socket socket) {
        try {
            // Makes close send RST.
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            LOG.atTrace().setCause(e).log("A relayed connection was closed already");
        }
        sockets.remove(socket);
    }

    @Override
    public Endpoint entry() {
        return new Endpoint("127.0.0.1", server.getLocalPort());
    }

    @Override
    public void cut() {
        sockets.forEach(this::reset);
    }

    @Override
    public void hang() {
        hanging = true;
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            LOG.atDebug().setCause(e).log("The relay's listening socket could not be closed");
        }
        closed.countDown();
        cut();
    }
}
