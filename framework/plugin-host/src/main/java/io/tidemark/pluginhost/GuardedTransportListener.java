package io.tidemark.pluginhost;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.transport.Endpoint;
import io.tidemark.spi.transport.TransportListener;

/** Guards a listener; where it listens is asked once. */
final class GuardedTransportListener implements TransportListener {
    private final TransportListener inner;
    private final Guard guard;
    private final Endpoint endpoint;

    GuardedTransportListener(TransportListener inner, Guard guard) throws ProviderException {
        this.inner = inner;
        this.guard = guard;
        this.endpoint = guard.ask("TransportListener.endpoint", inner::endpoint);
    }

    @Override
    public Endpoint endpoint() {
        return endpoint;
    }

    @Override
    public void close() {
        guard.quietly("TransportListener.close", inner::close);
    }
}
