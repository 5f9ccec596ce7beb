package io.tidemark.pluginhost;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.ConfigSpec;
import io.tidemark.spi.plugin.ProviderConfig;
import io.tidemark.spi.plugin.ProviderKind;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Turns what an operator configured into the settings that a factory takes. */
public final class ProviderSettings {
    private ProviderSettings() {}

    /**
     * Checks values against the spec and fills in defaults. Values themselves are the factory's to judge.
     *
     * @param kind names the provider in the texts
     * @throws ProviderException {@code REJECTED}, naming every key that is unknown or missing; never a value, which may be secret
     */
    public static ProviderConfig validated(ProviderKind kind, ConfigSpec spec, Map<String, String> values)
            throws ProviderException {
        Set<String> known =
                spec.keys().stream().map(ConfigSpec.Key::name).collect(Collectors.toCollection(TreeSet::new));
        Set<String> unknown = new TreeSet<>(values.keySet());
        unknown.removeAll(known);
        if (!unknown.isEmpty()) {
            throw rejected(
                    "The settings of '" + kind + "' have unknown keys",
                    "it does not know " + quoted(unknown),
                    known.isEmpty() ? "It takes no settings: remove them." : "It takes " + quoted(known) + ".");
        }
        Map<String, String> complete = new LinkedHashMap<>();
        Set<String> missing = new TreeSet<>();
        for (ConfigSpec.Key key : spec.keys()) {
            String value = values.get(key.name());
            if (value != null) {
                complete.put(key.name(), value);
            } else {
                key.defaultValue()
                        .ifPresentOrElse(standard -> complete.put(key.name(), standard), () -> missing.add(key.name()));
            }
        }
        if (!missing.isEmpty()) {
            throw rejected(
                    "The settings of '" + kind + "' are incomplete",
                    "without a value and without a default: " + quoted(missing),
                    spec.keys().stream()
                            .filter(key -> missing.contains(key.name()))
                            .map(key -> "'" + key.name() + "': " + key.description())
                            .collect(Collectors.joining(" ", "Give them. ", "")));
        }
        return new ProviderConfig(complete);
    }

    private static String quoted(Set<String> keys) {
        return keys.stream().map(key -> "'" + key + "'").collect(Collectors.joining(", "));
    }

    private static ProviderException rejected(String happened, String why, String remedy) {
        return new ProviderException(FailureKind.REJECTED, happened, why, remedy);
    }
}
