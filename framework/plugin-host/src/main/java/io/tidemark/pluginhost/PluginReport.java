package io.tidemark.pluginhost;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a check of a plugin file found.
 *
 * @param sha512Hex of the file; empty when it could not be read
 * @param signedBy name of the configured publisher whose signature was verified
 * @param extensionClasses as the plugin's index names them
 * @param problem the first thing that is wrong; empty when the file can be installed
 */
public record PluginReport(
        Path file,
        String sha512Hex,
        Optional<String> signedBy,
        Optional<PluginManifest> manifest,
        List<String> extensionClasses,
        Optional<PluginProblem> problem) {
    public PluginReport {
        extensionClasses = List.copyOf(extensionClasses);
    }

    public boolean accepted() {
        return problem.isEmpty();
    }
}
