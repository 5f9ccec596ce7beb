package io.tidemark.tck.transport;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.transport.Endpoint;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** A network of one process: who listens at which port, and lines that can be broken. */
final class MemoryNetwork {
    static final Duration IDLE = Duration.ofMillis(300);

    private final AtomicInteger nextPort = new AtomicInteger(1000);
    private final Map<Integer, MemoryTransport.Listener> listeners = new ConcurrentHashMap<>();
    private final Map<Integer, MemoryLine> lines = new ConcurrentHashMap<>();

    int freePort() {
        return nextPort.incrementAndGet();
    }

    boolean listen(int port, MemoryTransport.Listener listener) {
        return listeners.putIfAbsent(port, listener) == null;
    }

    void gone(int port) {
        listeners.remove(port);
    }

    TransportSubject.Line line(Endpoint target) {
        MemoryLine line = new MemoryLine(new Endpoint("memory", freePort()), target);
        lines.put(line.entry().port(), line);
        return line;
    }

    Optional<MemoryLine> lineAt(Endpoint entry) {
        return Optional.ofNullable(lines.get(entry.port()));
    }

    MemoryTransport.Listener find(Endpoint peer, Deadline deadline) throws ProviderException {
        MemoryLine line = lines.get(peer.port());
        if (line != null && line.hanging) {
            while (!deadline.passed()) {
                LockSupport.parkNanos(deadline.remaining().toNanos());
            }
            throw unreachable("it did not answer in time");
        }
        MemoryTransport.Listener listener = listeners.get(line == null ? peer.port() : line.target.port());
        if (listener == null) {
            throw unreachable("nobody listens there");
        }
        return listener;
    }

    static ProviderException unreachable(String why) {
        return new ProviderException(FailureKind.UNREACHABLE, "The peer cannot be reached", why, "Try again.");
    }

    /** A breakable line. */
    static final class MemoryLine implements TransportSubject.Line {
        private final Endpoint entry;
        private final Endpoint target;
        private final Set<MemoryTransport.Channel> channels = ConcurrentHashMap.newKeySet();
        private volatile boolean hanging;

        MemoryLine(Endpoint entry, Endpoint target) {
            this.entry = entry;
            this.target = target;
        }

        void carry(MemoryTransport.Channel channel) {
            channels.add(channel);
        }

        boolean hangs() {
            return hanging;
        }

        @Override
        public Endpoint entry() {
            return entry;
        }

        @Override
        public void cut() {
            channels.forEach(channel -> channel.end(Optional.of(unreachable("the line was cut"))));
        }

        @Override
        public void hang() {
            hanging = true;
            Thread.ofPlatform().daemon().start(() -> {
                LockSupport.parkNanos(IDLE.toNanos());
                channels.forEach(channel -> channel.end(Optional.of(unreachable("the peer was silent"))));
            });
        }

        @Override
        public void close() {
            cut();
        }
    }
}
