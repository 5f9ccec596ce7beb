package io.tidemark.pluginhost;

import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Reads {@code plugin.properties} strictly: a key that nobody knows is a typing error until proven otherwise. */
final class ManifestReader {
    private static final Set<String> REQUIRED = new TreeSet<>(Set.of(
            "plugin.id",
            "plugin.version",
            "plugin.provider",
            "plugin.license",
            "plugin.requires",
            "plugin.description"));
    private static final String CLASS_KEY = "plugin.class";
    private static final Pattern ID = Pattern.compile("[a-z][a-z0-9-]{0,63}");
    // https://semver.org: three numbers, then an optional pre-release and build part.
    private static final Pattern VERSION = Pattern.compile("\\d{1,6}\\.\\d{1,6}\\.\\d{1,6}([-+][0-9A-Za-z.+-]{1,64})?");

    private ManifestReader() {}

    static PluginManifest read(String text) throws PluginException {
        StrictProperties properties = parse(text);
        Map<String, String> values = new TreeMap<>();
        for (String name : properties.stringPropertyNames()) {
            values.put(name, properties.getProperty(name).strip());
        }
        Set<String> missing = new TreeSet<>(REQUIRED);
        missing.removeIf(key -> !values.getOrDefault(key, "").isEmpty());
        if (!missing.isEmpty()) {
            throw new PluginException(
                    "plugin.properties is incomplete",
                    "without a value: " + String.join(", ", missing),
                    "Add them to the plugin's plugin.properties; docs/plugins/README.md says what each means.");
        }
        Map<String, String> extras = new TreeMap<>();
        for (Map.Entry<String, String> entry : values.entrySet()) {
            String key = entry.getKey();
            if (key.startsWith("x-")) {
                extras.put(key, entry.getValue());
            } else if (!REQUIRED.contains(key) && !key.equals(CLASS_KEY)) {
                throw new PluginException(
                        "plugin.properties has the unknown key '" + key + "'",
                        "known are " + CLASS_KEY + ", " + String.join(", ", REQUIRED)
                                + " and anything that starts with 'x-'",
                        "Correct its spelling, or start it with 'x-' if it is the plugin's own.");
            }
        }
        return manifest(values, extras);
    }

    private static PluginManifest manifest(Map<String, String> values, Map<String, String> extras)
            throws PluginException {
        String id = values.getOrDefault("plugin.id", "");
        String version = values.getOrDefault("plugin.version", "");
        if (!ID.matcher(id).matches()) {
            throw new PluginException(
                    "plugin.id is '" + id + "'",
                    "an id matches " + ID,
                    "Choose a short lower-case name such as 'hypervisor-acme'.");
        }
        if (!VERSION.matcher(version).matches()) {
            throw new PluginException(
                    "plugin.version is '" + version + "'",
                    "a version is MAJOR.MINOR.PATCH with an optional pre-release part",
                    "Write for example 1.4.0; where it shows ${...}, the build did not filter the file.");
        }
        return new PluginManifest(
                id,
                version,
                values.getOrDefault("plugin.provider", ""),
                values.getOrDefault("plugin.license", ""),
                values.getOrDefault("plugin.requires", ""),
                values.getOrDefault("plugin.description", ""),
                Optional.of(values.getOrDefault(CLASS_KEY, "")).filter(name -> !name.isEmpty()),
                extras);
    }

    private static StrictProperties parse(String text) throws PluginException {
        StrictProperties properties = new StrictProperties();
        try (Reader reader = new StringReader(text)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            throw new PluginException(
                    new PluginProblem(
                            "plugin.properties cannot be read",
                            String.valueOf(e.getMessage()),
                            "It must be a Java properties file in UTF-8."),
                    e);
        }
        return properties;
    }

    /** Refuses a key that stands twice, where {@link Properties} silently takes the last. */
    private static final class StrictProperties extends Properties {
        @Override
        public synchronized Object put(Object key, Object value) {
            if (containsKey(key)) {
                throw new IllegalArgumentException("the key '" + key + "' stands there twice");
            }
            return super.put(key, value);
        }
    }
}
