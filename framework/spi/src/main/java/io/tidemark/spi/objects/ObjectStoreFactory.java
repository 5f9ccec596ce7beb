package io.tidemark.spi.objects;

import io.tidemark.spi.plugin.ProviderFactory;

/** Extension point: a store of objects. One instance is one bucket, or one prefix of it. */
public interface ObjectStoreFactory extends ProviderFactory<ObjectStore> {}
