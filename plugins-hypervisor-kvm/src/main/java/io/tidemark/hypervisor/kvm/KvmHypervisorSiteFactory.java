package io.tidemark.hypervisor.kvm;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.ConfigSpec;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.plugin.ProviderConfig;
import io.tidemark.spi.plugin.ProviderContext;
import io.tidemark.spi.plugin.ProviderKind;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.HypervisorSiteFactory;
import org.pf4j.Extension;

/** Opens libvirt/QEMU hosts as hypervisor sites. */
@Extension
public final class KvmHypervisorSiteFactory implements HypervisorSiteFactory {
    private static final ProviderKind KIND = new ProviderKind("kvm");

    @Override
    public ProviderKind kind() {
        return KIND;
    }

    @Override
    public ConfigSpec configSpec() {
        return KvmSiteConfig.SPEC;
    }

    @Override
    public HypervisorSite open(ProviderConfig config, ProviderContext host, Deadline deadline)
            throws ProviderException {
        return KvmSite.open(KvmSiteConfig.of(config, host.stateDirectory()), host, deadline);
    }
}
