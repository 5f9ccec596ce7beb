package io.tidemark.spi.plugin;

import java.util.Map;
import java.util.Optional;

/** Validated settings of one instance: only keys of its {@link ConfigSpec}, defaults filled in. */
public record ProviderConfig(Map<String, String> values) {
    public ProviderConfig {
        values = Map.copyOf(values);
    }

    public Optional<String> get(String key) {
        return Optional.ofNullable(values.get(key));
    }

    /** A setting that has a value, because its spec has a default or it was required. */
    public String require(String key) {
        return get(key).orElseThrow(() -> new IllegalArgumentException("setting '" + key + "' is missing"));
    }

    /** Never prints values: some are secret. */
    @Override
    public String toString() {
        return "ProviderConfig" + values.keySet();
    }
}
