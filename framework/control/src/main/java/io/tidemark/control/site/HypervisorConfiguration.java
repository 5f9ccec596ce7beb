package io.tidemark.control.site;

import java.time.Instant;
import java.util.Map;

/**
 * How a hypervisor instance of this site is opened.
 *
 * @param name unique on the site
 * @param kind which plugin opens it, for example the value of a {@link io.tidemark.spi.plugin.ProviderKind}
 */
public record HypervisorConfiguration(String name, String kind, Map<String, String> settings, Instant createdAt) {
    public HypervisorConfiguration {
        settings = Map.copyOf(settings);
    }

    /** Never prints values: some are secret. */
    @Override
    public String toString() {
        return "HypervisorConfiguration[name=" + name + ", kind=" + kind + ", settings=" + settings.keySet() + "]";
    }
}
