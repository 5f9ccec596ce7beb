package io.tidemark.launcher.foldertarget;

import io.tidemark.spi.plugin.ConfigSpec;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.plugin.ProviderConfig;
import io.tidemark.spi.plugin.ProviderContext;
import io.tidemark.spi.plugin.ProviderKind;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.HypervisorSiteFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Opens a folder as a recovery target. */
public final class FolderTargetFactory implements HypervisorSiteFactory {
    @Override
    public ProviderKind kind() {
        return new ProviderKind("folder");
    }

    @Override
    public ConfigSpec configSpec() {
        return new ConfigSpec(
                List.of(new ConfigSpec.Key("folder", "The folder.", Optional.empty(), ConfigSpec.Secrecy.PLAIN)));
    }

    @Override
    public HypervisorSite open(ProviderConfig config, ProviderContext host, Deadline deadline) {
        return new FolderTarget(Path.of(config.require("folder")), host);
    }
}
