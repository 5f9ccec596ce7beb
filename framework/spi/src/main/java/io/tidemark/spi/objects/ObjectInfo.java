package io.tidemark.spi.objects;

import java.time.Instant;

/**
 * An object as the store knows it.
 *
 * @param key as it was given at the put
 * @param version opaque: where it is equal for one key, the bytes are
 * @param modified by the store's clock
 */
public record ObjectInfo(String key, long sizeBytes, String version, Instant modified) {}
