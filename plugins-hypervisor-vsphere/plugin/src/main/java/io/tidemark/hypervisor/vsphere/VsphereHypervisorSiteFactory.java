package io.tidemark.hypervisor.vsphere;

import io.tidemark.hypervisor.vsphere.config.VsphereConfig;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.ConfigSpec;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.plugin.ProviderConfig;
import io.tidemark.spi.plugin.ProviderContext;
import io.tidemark.spi.plugin.ProviderKind;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.HypervisorSiteFactory;
import org.pf4j.Extension;

/** Opens vCenters as hypervisor sites. */
@Extension
public final class VsphereHypervisorSiteFactory implements HypervisorSiteFactory {
    private static final ProviderKind KIND = new ProviderKind("vsphere");

    @Override
    public ProviderKind kind() {
        return KIND;
    }

    @Override
    public ConfigSpec configSpec() {
        return VsphereConfig.SPEC;
    }

    @Override
    public HypervisorSite open(ProviderConfig config, ProviderContext host, Deadline deadline)
            throws ProviderException {
        return VsphereSite.open(VsphereConfig.of(config), host, deadline);
    }
}
