package io.tidemark.hypervisor.sim;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.ProviderConfig;
import io.tidemark.spi.plugin.ProviderContext;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The settings of one simulated hypervisor.
 *
 * @param directory absolute; holds the VMs
 * @param workloadWritesPerSecond how often each disk of a running VM is written to by the guest itself, besides the ledger; 0 to 10,000
 * @param traceDirectory absolute; takes a record of every write of every guest; none when empty
 */
record SimSiteConfig(Path directory, int workloadWritesPerSecond, Optional<Path> traceDirectory) {
    static final String DIRECTORY = "directory";
    static final String WORKLOAD = "workload-writes-per-second";
    static final String TRACE = "trace-directory";

    private static final int MOST_WRITES_PER_SECOND = 10_000;

    static SimSiteConfig of(ProviderConfig config, ProviderContext host) throws ProviderException {
        Path own = host.stateDirectory().resolve("hypervisor").toAbsolutePath();
        return new SimSiteConfig(
                absolute(config, DIRECTORY).orElse(own), writesPerSecond(config), absolute(config, TRACE));
    }

    private static Optional<Path> absolute(ProviderConfig config, String key) throws ProviderException {
        String value = config.get(key).orElse("");
        if (value.isBlank()) {
            return Optional.empty();
        }
        try {
            Path path = Path.of(value);
            if (!path.isAbsolute()) {
                throw unfit(
                        "'" + value + "' cannot be its folder: it is a relative path, which depends on where the"
                                + " server was started",
                        "Set '" + key + "' to an absolute path.");
            }
            return Optional.of(path);
        } catch (InvalidPathException invalid) {
            throw unfit(
                    "'" + value + "' cannot be its folder: " + invalid.getReason(),
                    "Set '" + key + "' to an absolute path.");
        }
    }

    private static int writesPerSecond(ProviderConfig config) throws ProviderException {
        String value = config.get(WORKLOAD).orElse("0");
        try {
            int writes = Integer.parseInt(value);
            if (writes >= 0 && writes <= MOST_WRITES_PER_SECOND) {
                return writes;
            }
        } catch (NumberFormatException notANumber) {
            throw unfitWorkload(value);
        }
        throw unfitWorkload(value);
    }

    private static ProviderException unfitWorkload(String value) {
        return unfit(
                "'" + value + "' is no number of writes per second",
                "Set '" + WORKLOAD + "' to a whole number from 0 to " + MOST_WRITES_PER_SECOND + ".");
    }

    private static ProviderException unfit(String why, String remedy) {
        return new ProviderException(FailureKind.REJECTED, "The simulated hypervisor was not opened", why, remedy);
    }
}
