package org.example.imagefolder;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.ConfigSpec;
import io.tidemark.spi.plugin.ConfigSpec.Key;
import io.tidemark.spi.plugin.ConfigSpec.Secrecy;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.plugin.ProviderConfig;
import io.tidemark.spi.plugin.ProviderContext;
import io.tidemark.spi.plugin.ProviderKind;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.HypervisorSiteFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.pf4j.Extension;

/** What Tidemark finds in the plugin: opens a folder as a hypervisor site. */
@Extension
public final class ImageFolderFactory implements HypervisorSiteFactory {
    private static final String FOLDER = "folder";

    @Override
    public ProviderKind kind() {
        return new ProviderKind("image-folder");
    }

    @Override
    public ConfigSpec configSpec() {
        return new ConfigSpec(List.of(new Key(
                FOLDER, "Absolute path of the folder that holds the images.", Optional.empty(), Secrecy.PLAIN)));
    }

    @Override
    public HypervisorSite open(ProviderConfig config, ProviderContext host, Deadline deadline)
            throws ProviderException {
        Path folder = Path.of(config.require(FOLDER));
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new ProviderException(
                    FailureKind.REJECTED,
                    "The image folder was not opened",
                    folder + " cannot be made (" + e + ")",
                    "Choose a folder that can be made and written to.",
                    e);
        }
        return new ImageFolderSite(new ImageFolder(folder), host.blockNetwork());
    }
}
