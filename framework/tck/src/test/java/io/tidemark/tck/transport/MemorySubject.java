package io.tidemark.tck.transport;

import io.tidemark.spi.plugin.ProviderContext;
import io.tidemark.spi.transport.Endpoint;
import io.tidemark.spi.transport.Transport;
import java.time.Duration;

/** The in-memory transport on a network of its own. */
final class MemorySubject implements TransportSubject {
    private final MemoryNetwork network = new MemoryNetwork();

    MemoryNetwork network() {
        return network;
    }

    @Override
    public Transport open(ProviderContext host) {
        return new MemoryTransport(network, host);
    }

    @Override
    public Duration idleTimeout() {
        return MemoryNetwork.IDLE;
    }

    @Override
    public Endpoint listenAt() {
        return new Endpoint("memory", 0);
    }

    @Override
    public Line line(Endpoint target) {
        return network.line(target);
    }

    @Override
    public Wire wire() {
        return Wire.OTHER;
    }
}
