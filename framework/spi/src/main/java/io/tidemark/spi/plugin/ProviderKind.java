package io.tidemark.spi.plugin;

import java.util.regex.Pattern;

/** Names what a factory opens, for example {@code kvm}, {@code sim}, {@code tcp}. A string and not an enum: anybody may add one. */
public record ProviderKind(String value) {
    private static final Pattern FORM = Pattern.compile("[a-z][a-z0-9-]{0,31}");

    public ProviderKind {
        if (!FORM.matcher(value).matches()) {
            throw new IllegalArgumentException("a provider kind matches " + FORM + ", got '" + value + "'");
        }
    }

    @Override
    public String toString() {
        return value;
    }
}
