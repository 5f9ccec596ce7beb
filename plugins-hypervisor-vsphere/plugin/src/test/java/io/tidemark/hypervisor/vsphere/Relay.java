package io.tidemark.hypervisor.vsphere;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Stands between a client and the vCenter: can cut all off, break what is open, or break the next answer in its middle. */
final class Relay implements AutoCloseable {
    private static final int UNLIMITED = Integer.MAX_VALUE;

    private volatile int target;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final int port;
    private volatile @Nullable ServerSocket listener;
    private volatile int answerBytesLeft = UNLIMITED;

    Relay(int target) throws IOException {
        this.target = target;
        ServerSocket first = listen(0);
        this.port = first.getLocalPort();
        accept(first);
    }

    int port() {
        return port;
    }

    private static ServerSocket listen(int port) throws IOException {
        ServerSocket fresh = new ServerSocket();
        fresh.setReuseAddress(true);
        fresh.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        return fresh;
    }

    private void accept(ServerSocket from) {
        listener = from;
        Thread.ofPlatform().daemon().name("relay").start(() -> acceptAll(from));
    }

    private void acceptAll(ServerSocket from) {
        try {
            while (true) {
                Socket near = from.accept();
                Socket far = new Socket(InetAddress.getLoopbackAddress(), target);
                near.setTcpNoDelay(true);
                far.setTcpNoDelay(true);
                sockets.add(near);
                sockets.add(far);
                Thread.ofPlatform().daemon().start(() -> pump(near, far, false));
                Thread.ofPlatform().daemon().start(() -> pump(far, near, true));
            }
        } catch (IOException cut) {
            sockets.removeIf(Socket::isClosed);
        }
    }

    private void pump(Socket from, Socket to, boolean answers) {
        byte[] buffer = new byte[1 << 14];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                int allowed = answers ? allowance(count) : count;
                out.write(buffer, 0, allowed);
                if (allowed < count) {
                    return;
                }
            }
        } catch (IOException closed) {
            sockets.remove(from); // one end went: the other is closed with it
        }
    }

    private synchronized int allowance(int count) {
        if (answerBytesLeft == UNLIMITED) {
            return count;
        }
        int allowed = Math.min(count, answerBytesLeft);
        answerBytesLeft = allowed < count ? UNLIMITED : answerBytesLeft - allowed;
        return allowed;
    }

    /** Once this many more bytes came from the vCenter, that connection breaks; later ones work. */
    synchronized void breakAnswerAfter(int bytes) {
        answerBytesLeft = bytes;
    }

    /** Whether the break that was asked for is still to come. */
    synchronized boolean breakIsPending() {
        return answerBytesLeft != UNLIMITED;
    }

    /** Ends all connections; new ones work. */
    void breakConnections() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
        sockets.clear();
    }

    /** Ends all connections and takes no more. */
    void cut() throws IOException {
        ServerSocket open = listener;
        if (open != null) {
            open.close();
        }
        breakConnections();
    }

    /** New connections go to another vCenter. */
    void retarget(int port) throws IOException {
        target = port;
        breakConnections();
    }

    void restore() throws IOException {
        accept(listen(port));
    }

    @Override
    public void close() throws IOException {
        cut();
    }
}
