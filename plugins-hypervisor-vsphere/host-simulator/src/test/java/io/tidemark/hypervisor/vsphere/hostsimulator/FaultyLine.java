package io.tidemark.hypervisor.vsphere.hostsimulator;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** A TCP relay on loopback whose connections can be cut, whose bytes can be held, and which can turn connections away. */
final class FaultyLine implements AutoCloseable {
    private final int target;
    private final ServerSocket server;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean held;
    private boolean down;
    private boolean closed;

    FaultyLine(int target) throws IOException {
        this.target = target;
        this.server = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
        Thread.ofPlatform().daemon().name("line").start(this::accept);
    }

    int port() {
        return server.getLocalPort();
    }

    /** Resets every connection there is. */
    void cut() {
        sockets.forEach(FaultyLine::reset);
        sockets.clear();
    }

    /** Cuts, and turns away who connects, until {@link #up()}. */
    void down() {
        set(held, true);
        cut();
    }

    void up() {
        set(held, false);
    }

    /** Keeps every byte back, without a word to either side. */
    void hold() {
        set(true, down);
    }

    void release() {
        set(false, down);
    }

    @Override
    public void close() throws IOException {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        server.close();
        cut();
    }

    private void set(boolean holding, boolean isDown) {
        lock.lock();
        try {
            held = holding;
            down = isDown;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket near = server.accept();
                sockets.add(near);
                if (isDown()) {
                    reset(near);
                    continue;
                }
                Socket far = new Socket();
                sockets.add(far);
                far.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
                near.setTcpNoDelay(true);
                far.setTcpNoDelay(true);
                Thread.ofPlatform().daemon().name("line-out").start(() -> copy(near, far));
                Thread.ofPlatform().daemon().name("line-back").start(() -> copy(far, near));
            } catch (IOException closing) {
                // The line is closed, or the simulator behind it is gone: the client sees a connection that ends.
                cut();
            }
        }
    }

    private void copy(Socket from, Socket to) {
        byte[] buffer = new byte[64 << 10];
        try {
            for (int count = from.getInputStream().read(buffer); count >= 0; ) {
                awaitRelease();
                to.getOutputStream().write(buffer, 0, count);
                count = from.getInputStream().read(buffer);
            }
        } catch (IOException | InterruptedException ended) {
            reset(from);
        }
        reset(to);
    }

    private void awaitRelease() throws InterruptedException {
        lock.lock();
        try {
            while (held && !closed) {
                changed.await();
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean isDown() {
        lock.lock();
        try {
            return down;
        } finally {
            lock.unlock();
        }
    }

    private static void reset(Socket socket) {
        try {
            socket.setSoLinger(true, 0); // makes close send a reset
            socket.close();
        } catch (IOException closedAlready) {
            // Nothing is left to be cut.
            return;
        }
    }
}
