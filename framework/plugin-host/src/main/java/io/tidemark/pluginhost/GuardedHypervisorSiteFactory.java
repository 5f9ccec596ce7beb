package io.tidemark.pluginhost;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.HypervisorSiteFactory;

/** Guards a hypervisor plugin's factory. */
final class GuardedHypervisorSiteFactory extends GuardedFactory<HypervisorSite> implements HypervisorSiteFactory {
    GuardedHypervisorSiteFactory(HypervisorSiteFactory inner, Guard guard) throws ProviderException {
        super(inner, guard);
    }

    @Override
    HypervisorSite wrap(HypervisorSite site, Guard guard) throws ProviderException {
        try {
            return GuardedHypervisorSite.of(site, guard);
        } catch (ProviderException e) {
            // Half open is not open.
            guard.quietly("close", site::close);
            throw e;
        }
    }
}
