package io.tidemark.pluginhost;

import java.util.Map;
import java.util.Optional;

/**
 * A plugin's {@code plugin.properties}.
 *
 * @param requires the SPI versions it runs on, for example {@code >=0.1.0 & <0.2.0}
 * @param pluginClass PF4J life-cycle class, where the plugin has one
 * @param extras keys that start with {@code x-}
 */
public record PluginManifest(
        String id,
        String version,
        String provider,
        String license,
        String requires,
        String description,
        Optional<String> pluginClass,
        Map<String, String> extras) {
    public PluginManifest {
        extras = Map.copyOf(extras);
    }

    @Override
    public String toString() {
        return id + "@" + version;
    }
}
