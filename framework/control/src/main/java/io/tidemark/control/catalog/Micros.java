package io.tidemark.control.catalog;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Instants as the catalog stores them: microseconds since 1970. */
public final class Micros {
    private Micros() {}

    public static long of(Instant instant) {
        return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
    }

    public static Instant toInstant(long micros) {
        return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    }

    /** For a column that may be null. */
    public static Optional<Instant> toInstant(@Nullable Long micros) {
        return micros == null ? Optional.empty() : Optional.of(toInstant(micros.longValue()));
    }
}
