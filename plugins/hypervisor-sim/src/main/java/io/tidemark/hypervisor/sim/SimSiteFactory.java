package io.tidemark.hypervisor.sim;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.ConfigSpec;
import io.tidemark.spi.plugin.ConfigSpec.Secrecy;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.plugin.ProviderConfig;
import io.tidemark.spi.plugin.ProviderContext;
import io.tidemark.spi.plugin.ProviderKind;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.HypervisorSiteFactory;
import java.util.List;
import java.util.Optional;
import org.pf4j.Extension;

/** Opens simulated hypervisors: kind {@code sim}. */
@Extension
public final class SimSiteFactory implements HypervisorSiteFactory {
    @Override
    public ProviderKind kind() {
        return new ProviderKind("sim");
    }

    @Override
    public ConfigSpec configSpec() {
        return new ConfigSpec(List.of(
                new ConfigSpec.Key(
                        SimSiteConfig.DIRECTORY,
                        "Absolute path of the folder that holds the simulated VMs and their disks, one folder per hypervisor; "
                                + "made when it is missing; empty for a folder among the instance's own state",
                        Optional.of(""),
                        Secrecy.PLAIN),
                new ConfigSpec.Key(
                        SimSiteConfig.WORKLOAD,
                        "How many random writes per second each disk of a running VM gets from its guest; 0 for none",
                        Optional.of("0"),
                        Secrecy.PLAIN),
                new ConfigSpec.Key(
                        SimSiteConfig.TRACE,
                        "Absolute path of a folder that takes a record of every write of every guest, for tests; grows without"
                                + " bound; empty for no record",
                        Optional.of(""),
                        Secrecy.PLAIN)));
    }

    @Override
    public HypervisorSite open(ProviderConfig config, ProviderContext host, Deadline deadline)
            throws ProviderException {
        return new SimSite(
                SimulatedHost.open(SimSiteConfig.of(config, host), host.blockNetwork(), host.threads("guest")));
    }
}
