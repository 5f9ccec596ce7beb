package io.tidemark.control.task;

import java.util.UUID;

/** Identity of a task. */
public record TaskId(UUID value) {
    /** A fresh, random identity. */
    public static TaskId random() {
        return new TaskId(UUID.randomUUID());
    }

    /** Parses the canonical form that {@link #toString()} gives. */
    public static TaskId parse(String text) {
        return new TaskId(UUID.fromString(text));
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
