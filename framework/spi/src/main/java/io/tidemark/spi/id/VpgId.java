package io.tidemark.spi.id;

import java.util.UUID;

/** Identity of a virtual protection group; the same on both of its sites. */
public record VpgId(UUID value) {
    /** A fresh, random identity. */
    public static VpgId random() {
        return new VpgId(UUID.randomUUID());
    }

    /** Parses the canonical form that {@link #toString()} gives. */
    public static VpgId parse(String text) {
        return new VpgId(UUID.fromString(text));
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
