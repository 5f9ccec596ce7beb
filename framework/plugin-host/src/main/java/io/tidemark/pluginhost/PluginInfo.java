package io.tidemark.pluginhost;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * One plugin file as an operator sees it.
 *
 * @param manifest empty when the file is so broken that it could not be read
 * @param provides what it offers, for example {@code hypervisor:kvm}; empty unless loaded
 * @param problem why it is refused; present exactly when the state is {@link State#REFUSED}
 */
public record PluginInfo(
        Path file,
        State state,
        Optional<PluginManifest> manifest,
        List<String> provides,
        Optional<PluginProblem> problem) {
    public PluginInfo {
        provides = List.copyOf(provides);
        if (problem.isPresent() != (state == State.REFUSED)) {
            throw new IllegalArgumentException("a refused plugin has a problem and no other has: " + file);
        }
    }

    /** The plugin's id, or the file's name where the id could not be read. */
    public String id() {
        return manifest.map(PluginManifest::id).orElseGet(() -> String.valueOf(file.getFileName()));
    }

    /** What the host does with the plugin. */
    public enum State {
        /** In use. */
        LOADED,
        /** In the folder, not used: see the problem. */
        REFUSED,
        /** Put into the folder since the start; takes effect at the next one. */
        EFFECTIVE_AT_RESTART,
        /** Taken out of the folder since the start; in use until the next one. */
        GONE_AT_RESTART
    }
}
