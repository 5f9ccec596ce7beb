package io.tidemark.pluginhost;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.transport.Transport;
import io.tidemark.spi.transport.TransportFactory;

/** Guards a transport plugin's factory. */
final class GuardedTransportFactory extends GuardedFactory<Transport> implements TransportFactory {
    GuardedTransportFactory(TransportFactory inner, Guard guard) throws ProviderException {
        super(inner, guard);
    }

    @Override
    Transport wrap(Transport transport, Guard guard) {
        return new GuardedTransport(transport, guard);
    }
}
