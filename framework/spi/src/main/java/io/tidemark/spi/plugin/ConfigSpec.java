package io.tidemark.spi.plugin;

import java.util.List;
import java.util.Optional;

/**
 * The settings that a factory takes: drives validation, REST, forms and the manual.
 *
 * @param keys in the order in which a form shows them
 */
public record ConfigSpec(List<Key> keys) {
    public ConfigSpec {
        keys = List.copyOf(keys);
    }

    /**
     * One setting.
     *
     * @param name dotted lower-case words
     * @param description one sentence with unit and range
     * @param defaultValue empty when the operator must give one
     */
    public record Key(String name, String description, Optional<String> defaultValue, Secrecy secrecy) {}

    /** Whether a value may be shown and logged. */
    public enum Secrecy {
        PLAIN,
        SECRET
    }
}
