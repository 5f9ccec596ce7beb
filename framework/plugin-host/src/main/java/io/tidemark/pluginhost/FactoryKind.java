package io.tidemark.pluginhost;

import io.tidemark.spi.plugin.ProviderFactory;
import io.tidemark.spi.site.HypervisorSiteFactory;
import io.tidemark.spi.transport.TransportFactory;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** The extension points of the SPI. */
enum FactoryKind {
    HYPERVISOR("hypervisor", HypervisorSiteFactory.class),
    TRANSPORT("transport", TransportFactory.class);

    private final String label;
    private final Class<? extends ProviderFactory<?>> type;

    FactoryKind(String label, Class<? extends ProviderFactory<?>> type) {
        this.label = label;
        this.type = type;
    }

    /** First half of what {@link PluginInfo#provides()} says. */
    String label() {
        return label;
    }

    static Optional<FactoryKind> of(Class<?> implementation) {
        return Arrays.stream(values())
                .filter(kind -> kind.type.isAssignableFrom(implementation))
                .findFirst();
    }

    static String names() {
        return Arrays.stream(values()).map(kind -> kind.type.getSimpleName()).collect(Collectors.joining(" or "));
    }
}
