package io.tidemark.spi.id;

import java.util.UUID;

/** Identity of a site: one management domain with its manager and appliances. */
public record SiteId(UUID value) {
    /** A fresh, random identity. */
    public static SiteId random() {
        return new SiteId(UUID.randomUUID());
    }

    /** Parses the canonical form that {@link #toString()} gives. */
    public static SiteId parse(String text) {
        return new SiteId(UUID.fromString(text));
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
