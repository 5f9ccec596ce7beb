package io.tidemark.pluginhost;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.ConfigSpec;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.plugin.Provider;
import io.tidemark.spi.plugin.ProviderConfig;
import io.tidemark.spi.plugin.ProviderContext;
import io.tidemark.spi.plugin.ProviderFactory;
import io.tidemark.spi.plugin.ProviderKind;

/** Guards a factory; kind and spec are asked once, settings are checked before the plugin sees them. */
abstract class GuardedFactory<P extends Provider> implements ProviderFactory<P> {
    private final ProviderFactory<P> inner;
    private final Guard guard;
    private final ProviderKind kind;
    private final ConfigSpec spec;

    GuardedFactory(ProviderFactory<P> inner, Guard guard) throws ProviderException {
        this.inner = inner;
        this.guard = guard;
        this.kind = guard.ask("kind", inner::kind);
        this.spec = guard.ask("configSpec", inner::configSpec);
    }

    @Override
    public final ProviderKind kind() {
        return kind;
    }

    @Override
    public final ConfigSpec configSpec() {
        return spec;
    }

    @Override
    public final P open(ProviderConfig config, ProviderContext host, Deadline deadline) throws ProviderException {
        ProviderConfig validated = ProviderSettings.validated(kind, spec, config.values());
        Guard.argument("host", host);
        return wrap(guard.call("open", deadline, () -> inner.open(validated, host, deadline)), guard);
    }

    /** Puts the provider's guard around it. */
    abstract P wrap(P provider, Guard guard) throws ProviderException;
}
