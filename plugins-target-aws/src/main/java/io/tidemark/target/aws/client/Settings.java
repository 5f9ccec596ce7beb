package io.tidemark.target.aws.client;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.ConfigSpec;
import io.tidemark.spi.plugin.ConfigSpec.Secrecy;
import io.tidemark.spi.plugin.ProviderConfig;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import software.amazon.awssdk.regions.Region;

/** Reads settings one by one and refuses what does not fit with its name. */
public final class Settings {
    /** Keys that every instance of this plugin has. */
    public static final List<ConfigSpec.Key> ACCESS_KEYS = List.of(
            required("region", "AWS region, for example eu-central-1."),
            optional(
                    "endpoint",
                    "URL in place of AWS's own endpoints: an emulator or a private endpoint. Default: AWS.",
                    ""),
            optional(
                    "access-key-id",
                    "Access key. Default: the SDK's chain (environment, profile, web identity, container, instance role).",
                    ""),
            new ConfigSpec.Key("secret-access-key", "Secret of the access key.", Optional.of(""), Secrecy.SECRET),
            optional("attempt-timeout", "How long one attempt of a call may take, ISO 8601, PT1S to PT10M.", "PT30S"),
            optional("max-attempts", "Attempts of a call before it counts as failed, 1 to 20.", "8"));

    private final String what;
    private final ProviderConfig config;

    /** @param what is being opened, for messages; begins a sentence */
    public Settings(String what, ProviderConfig config) {
        this.what = what;
        this.config = config;
    }

    /** A setting that the operator must give. */
    public static ConfigSpec.Key required(String name, String description) {
        return new ConfigSpec.Key(name, description, Optional.empty(), Secrecy.PLAIN);
    }

    /** A setting with a default. */
    public static ConfigSpec.Key optional(String name, String description, String defaultValue) {
        return new ConfigSpec.Key(name, description, Optional.of(defaultValue), Secrecy.PLAIN);
    }

    /** What {@link #ACCESS_KEYS} say. */
    public Access access() throws ProviderException {
        Optional<String> id = text("access-key-id");
        Optional<String> secret = text("secret-access-key");
        if (id.isPresent() != secret.isPresent()) {
            throw refused(
                    "access-key-id", "access-key-id and secret-access-key go together, and one of them is missing");
        }
        Optional<Access.Keys> keys = id.map(each -> new Access.Keys(each, secret.orElse("")));
        String region = require("region");
        if (!region.matches("[a-z0-9-]{3,40}")) {
            throw refused("region", "'" + region + "' is no region, for example eu-central-1");
        }
        return new Access(
                Region.of(region),
                endpoint("endpoint"),
                keys,
                duration("attempt-timeout", "PT30S", Duration.ofSeconds(1), Duration.ofMinutes(10)),
                number("max-attempts", 8, 1, 20));
    }

    /** Empty when missing or blank. */
    public Optional<String> text(String key) {
        return config.get(key).map(String::strip).filter(value -> !value.isEmpty());
    }

    public String require(String key) throws ProviderException {
        return text(key).orElseThrow(() -> refused(key, "it has no value"));
    }

    /** Words between commas. */
    public List<String> list(String key) {
        return text(key).stream()
                .flatMap(value -> Arrays.stream(value.split(",")))
                .map(String::strip)
                .filter(value -> !value.isEmpty())
                .toList();
    }

    /** {@code name=value} pairs between commas. */
    public Map<String, String> pairs(String key) throws ProviderException {
        Map<String, String> pairs = new TreeMap<>();
        for (String word : list(key)) {
            int at = word.indexOf('=');
            if (at < 1) {
                throw refused(key, "'" + word + "' is not of the form name=value");
            }
            pairs.put(word.substring(0, at).strip(), word.substring(at + 1).strip());
        }
        return pairs;
    }

    public int number(String key, int otherwise, int least, int most) throws ProviderException {
        Optional<String> text = text(key);
        if (text.isEmpty()) {
            return otherwise;
        }
        try {
            int value = Integer.parseInt(text.get());
            if (value >= least && value <= most) {
                return value;
            }
        } catch (NumberFormatException notANumber) {
            throw refused(key, "'" + text.get() + "' is not a number");
        }
        throw refused(key, text.get() + " is not within " + least + " to " + most);
    }

    public Duration duration(String key, String otherwise, Duration least, Duration most) throws ProviderException {
        String text = text(key).orElse(otherwise);
        try {
            Duration value = Duration.parse(text);
            if (value.compareTo(least) >= 0 && value.compareTo(most) <= 0) {
                return value;
            }
        } catch (DateTimeParseException malformed) {
            throw refused(key, "'" + text + "' is not an ISO 8601 duration such as PT15M");
        }
        throw refused(key, text + " is not within " + least + " to " + most);
    }

    /** One of a few words. */
    public String choice(String key, String otherwise, List<String> words) throws ProviderException {
        String text = text(key).orElse(otherwise);
        if (!words.contains(text)) {
            throw refused(key, "'" + text + "' is none of " + String.join(", ", words));
        }
        return text;
    }

    private Optional<URI> endpoint(String key) throws ProviderException {
        Optional<String> text = text(key);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            URI uri = new URI(text.get());
            if (uri.getHost() != null && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
                return Optional.of(uri);
            }
        } catch (URISyntaxException malformed) {
            throw refused(key, "'" + text.get() + "' is not a URL: " + malformed.getReason());
        }
        throw refused(key, "'" + text.get() + "' is not of the form http(s)://host[:port]");
    }

    public ProviderException refused(String key, String why) {
        return new ProviderException(
                FailureKind.REJECTED,
                what + " was not opened",
                "setting " + key + ": " + why,
                "Correct the setting and try again.");
    }
}
