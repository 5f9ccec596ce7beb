package io.tidemark.transport.tcp;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.ProviderContext;
import io.tidemark.spi.transport.Transport;
import io.tidemark.tck.transport.TransportContract;
import io.tidemark.tck.transport.TransportSubject;
import java.time.Duration;

/** The TCP transport keeps the promises of {@link Transport}. */
final class TcpTransportContractTest extends TransportContract {
    @Override
    protected TransportSubject subject() {
        return new TcpSubject();
    }

    /** Opens the transport with a short idle timeout. */
    static final class TcpSubject implements TransportSubject {
        @Override
        public Transport open(ProviderContext host) throws ProviderException {
            return new TcpTransport(new TcpSettings(8 << 20, idleTimeout().toMillis()), host);
        }

        @Override
        public Duration idleTimeout() {
            return Duration.ofSeconds(1);
        }
    }
}
