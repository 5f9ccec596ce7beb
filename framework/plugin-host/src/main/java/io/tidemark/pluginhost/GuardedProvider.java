package io.tidemark.pluginhost;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Capability;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.plugin.Provider;
import java.util.Set;

/** Guards what all providers have in common. */
abstract class GuardedProvider implements Provider {
    private final Provider inner;
    private final Guard guard;

    GuardedProvider(Provider inner, Guard guard) {
        this.inner = inner;
        this.guard = guard;
    }

    @Override
    public final String description() {
        return guard.askOr("description", guard.plugin() + " (gives no description)", inner::description);
    }

    @Override
    public final Set<Capability> capabilities() {
        return guard.askOr("capabilities", Set.of(), () -> Set.copyOf(inner.capabilities()));
    }

    @Override
    public final void checkHealth(Deadline deadline) throws ProviderException {
        guard.run("checkHealth", deadline, () -> inner.checkHealth(deadline));
    }

    @Override
    public final void close() {
        guard.quietly("close", inner::close);
    }
}
