package io.tidemark.spi.plugin;

import io.tidemark.spi.error.ProviderException;
import org.pf4j.ExtensionPoint;

/**
 * Opens live instances of one kind from configuration. Found by PF4J; cheap to construct, does nothing until {@link #open}.
 *
 * @param <P> what it opens
 */
public interface ProviderFactory<P extends Provider> extends ExtensionPoint {
    ProviderKind kind();

    ConfigSpec configSpec();

    /**
     * Opens one instance. Called once per configured instance at start or when an operator adds one.
     *
     * @throws ProviderException when the far end cannot be reached or the settings do not fit; nothing stays open then
     */
    P open(ProviderConfig config, ProviderContext host, Deadline deadline) throws ProviderException;
}
