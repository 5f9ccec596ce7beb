package io.tidemark.pluginhost;

import java.nio.file.Path;
import java.util.List;

/**
 * A plugin in use.
 *
 * @param file where it was installed when it was loaded
 */
record LoadedPlugin(Path file, PluginManifest manifest, List<GuardedFactory<?>> factories) {
    LoadedPlugin {
        factories = List.copyOf(factories);
    }

    List<String> provides() {
        return factories.stream()
                .map(factory -> FactoryKind.of(factory.getClass())
                                .map(FactoryKind::label)
                                .orElse("?") + ":" + factory.kind())
                .sorted()
                .toList();
    }
}
