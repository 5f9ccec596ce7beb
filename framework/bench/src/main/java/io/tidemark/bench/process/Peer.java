package io.tidemark.bench.process;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** A running program that somebody else wrote; closing it kills it. */
public final class Peer implements AutoCloseable {
    private static final Duration START_LIMIT = Duration.ofSeconds(30);
    private static final long LOOK_AGAIN_NANOS = 200_000;

    private final Workplace workplace;
    private final Process process;
    private final String name;
    private final Path log;

    Peer(Workplace workplace, Process process, String name, Path log) {
        this.workplace = workplace;
        this.process = process;
        this.name = name;
        this.log = log;
    }

    public long pid() {
        return process.pid();
    }

    /** Waits until the program listens on a socket. */
    public Peer awaitSocket(Path socket) throws IOException {
        long until = System.nanoTime() + START_LIMIT.toNanos();
        while (!listens(socket)) {
            if (!process.isAlive() || System.nanoTime() > until) {
                String printed = Program.printed(log);
                close();
                throw new IOException(name + " did not open " + socket + ": " + printed);
            }
            LockSupport.parkNanos(LOOK_AGAIN_NANOS);
        }
        return this;
    }

    /** The socket is there a moment before somebody listens on it, so only a connection proves anything. */
    private static boolean listens(Path socket) {
        if (!Files.exists(socket)) {
            return false;
        }
        try (SocketChannel probe = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            return probe.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void close() {
        workplace.end(process);
    }
}
