package io.tidemark.transport.tcp;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.ConfigSpec;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.plugin.ProviderConfig;
import io.tidemark.spi.plugin.ProviderContext;
import io.tidemark.spi.plugin.ProviderKind;
import io.tidemark.spi.transport.Transport;
import io.tidemark.spi.transport.TransportFactory;
import org.pf4j.Extension;

/** Offers the transport {@code tcp}. */
@Extension
public final class TcpTransportFactory implements TransportFactory {
    @Override
    public ProviderKind kind() {
        return new ProviderKind("tcp");
    }

    @Override
    public ConfigSpec configSpec() {
        return TcpSettings.SPEC;
    }

    @Override
    public Transport open(ProviderConfig config, ProviderContext host, Deadline deadline) throws ProviderException {
        return new TcpTransport(TcpSettings.from(config), host);
    }
}
