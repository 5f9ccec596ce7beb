package io.tidemark.spi.transport;

import io.tidemark.spi.plugin.ProviderFactory;

/** Extension point: a way for two sites to talk. */
public interface TransportFactory extends ProviderFactory<Transport> {}
