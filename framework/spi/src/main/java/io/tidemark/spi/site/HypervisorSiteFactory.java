package io.tidemark.spi.site;

import io.tidemark.spi.plugin.ProviderFactory;

/** Extension point: a hypervisor whose VMs can be protected, or recovered onto, or both. */
public interface HypervisorSiteFactory extends ProviderFactory<HypervisorSite> {}
