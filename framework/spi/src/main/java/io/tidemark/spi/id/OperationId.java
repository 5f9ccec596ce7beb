package io.tidemark.spi.id;

import java.util.UUID;

/** Identity of one recovery operation. Everything that it makes outside Tidemark is tagged with it, so that it can be found and removed. */
public record OperationId(UUID value) {
    /** A fresh, random identity. */
    public static OperationId random() {
        return new OperationId(UUID.randomUUID());
    }

    /** Parses the canonical form that {@link #toString()} gives. */
    public static OperationId parse(String text) {
        return new OperationId(UUID.fromString(text));
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
