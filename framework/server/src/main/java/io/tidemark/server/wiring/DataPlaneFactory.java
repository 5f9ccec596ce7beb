package io.tidemark.server.wiring;

import io.tidemark.spi.error.ProviderException;

/** Opens the data plane of a site at start. */
@FunctionalInterface
public interface DataPlaneFactory {
    /** Opens journals and recovers them; starts no protection. Streams may be opened only after return. */
    DataPlane open(DataPlaneContext context) throws ProviderException;
}
