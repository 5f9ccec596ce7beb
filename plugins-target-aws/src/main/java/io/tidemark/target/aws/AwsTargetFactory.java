package io.tidemark.target.aws;

import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.ConfigSpec;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.plugin.ProviderConfig;
import io.tidemark.spi.plugin.ProviderContext;
import io.tidemark.spi.plugin.ProviderKind;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.HypervisorSiteFactory;
import io.tidemark.target.aws.client.AwsConfig;
import org.pf4j.Extension;

/** Opens a region of an AWS account as a site to recover to; what it opens is a {@link io.tidemark.spi.recovery.RecoverySite}. */
@Extension
public final class AwsTargetFactory implements HypervisorSiteFactory {
    private static final ProviderKind KIND = new ProviderKind("aws");

    @Override
    public ProviderKind kind() {
        return KIND;
    }

    @Override
    public ConfigSpec configSpec() {
        return AwsConfig.SPEC;
    }

    @Override
    public HypervisorSite open(ProviderConfig config, ProviderContext host, Deadline deadline)
            throws ProviderException {
        return AwsSite.open(AwsConfig.of(config), host, deadline);
    }
}
