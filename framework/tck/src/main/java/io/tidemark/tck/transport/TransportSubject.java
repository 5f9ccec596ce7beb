package io.tidemark.tck.transport;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.ProviderContext;
import io.tidemark.spi.transport.Endpoint;
import io.tidemark.spi.transport.Transport;
import java.io.IOException;
import java.time.Duration;

/** What a plugin gives to {@link TransportContract}: how to open its transport, and how to break the line under it. */
public interface TransportSubject {
    /** Opens an instance with {@link #idleTimeout} and a send buffer of at most 16 MiB. Called twice per test, for two sites. */
    Transport open(ProviderContext host) throws ProviderException;

    /** How long a peer may be silent before a channel is closed; choose about a second. */
    Duration idleTimeout();

    /** An address to listen at, with port 0. */
    default Endpoint listenAt() {
        return new Endpoint("127.0.0.1", 0);
    }

    /** A way to the listener at {@code target} that the contract can break. For transports over TCP the relay does. */
    default Line line(Endpoint target) throws IOException {
        return new TcpRelay(target);
    }

    /** Whether the listener is a TCP socket into which anybody can write bytes. */
    default Wire wire() {
        return Wire.TCP;
    }

    /** What carries the bytes. */
    enum Wire {
        TCP,
        OTHER
    }

    /** A way from one site to another. */
    interface Line extends AutoCloseable {
        /** Where to connect in place of the target. */
        Endpoint entry();

        /** Breaks what goes over it, as a reset does. New connections may work again. */
        void cut();

        /** From now on nothing comes through in either direction, and nobody is told; also for new connections. */
        void hang();

        @Override
        void close();
    }
}
