package io.tidemark.hypervisor.sim;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.ProviderConfig;
import io.tidemark.spi.plugin.ProviderContext;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * The settings of one simulated hypervisor.
 *
 * @param directory absolute; holds the VMs
 */
record SimSiteConfig(Path directory) {
    static final String DIRECTORY = "directory";

    static SimSiteConfig of(ProviderConfig config, ProviderContext host) throws ProviderException {
        String directory = config.get(DIRECTORY).orElse("");
        if (directory.isBlank()) {
            return new SimSiteConfig(host.stateDirectory().resolve("hypervisor").toAbsolutePath());
        }
        try {
            Path path = Path.of(directory);
            if (!path.isAbsolute()) {
                throw unfit(directory, "it is a relative path, which depends on where the server was started");
            }
            return new SimSiteConfig(path);
        } catch (InvalidPathException invalid) {
            throw unfit(directory, invalid.getReason());
        }
    }

    private static ProviderException unfit(String directory, String why) {
        return new ProviderException(
                FailureKind.REJECTED,
                "The simulated hypervisor was not opened",
                "'" + directory + "' cannot be its folder: " + why,
                "Set '" + DIRECTORY + "' to an absolute path.");
    }
}
