package io.tidemark.target.aws.objects;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.objects.ObjectStore;
import io.tidemark.spi.objects.ObjectStoreFactory;
import io.tidemark.spi.plugin.ConfigSpec;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.plugin.ProviderConfig;
import io.tidemark.spi.plugin.ProviderContext;
import io.tidemark.spi.plugin.ProviderKind;

/**
 * Opens buckets of S3, or of a server that speaks its protocol.
 *
 * <p>Not an {@code @Extension} yet: a host that does not know the extension point refuses the whole plugin (ADR 31).
 */
public final class S3ObjectStoreFactory implements ObjectStoreFactory {
    private static final ProviderKind KIND = new ProviderKind("s3");

    @Override
    public ProviderKind kind() {
        return KIND;
    }

    @Override
    public ConfigSpec configSpec() {
        return S3Config.SPEC;
    }

    @Override
    public ObjectStore open(ProviderConfig config, ProviderContext host, Deadline deadline) throws ProviderException {
        return S3ObjectStore.open(S3Config.of(config), host.threads("parts"), deadline);
    }
}
