package io.tidemark.journal;

import java.util.Random;
import java.util.stream.LongStream;

/** The seeds of a property test: a fixed few, or the one given by {@code -Dtidemark.seed=N} to replay a failure. */
final class Seeds {
    private Seeds() {}

    static LongStream of(int count) {
        Long one = Long.getLong("tidemark.seed");
        return one != null ? LongStream.of(one) : LongStream.range(1, count + 1L);
    }

    /** A property to be tried with one seed. */
    interface Property {
        void hold(Random random) throws Exception;
    }

    /** Runs a property; names the seed in the failure. */
    static void check(int count, Property property) {
        of(count).forEach(seed -> {
            try {
                property.hold(new Random(seed));
            } catch (Exception | AssertionError e) {
                throw new AssertionError("fails with -Dtidemark.seed=" + seed + ": " + e.getMessage(), e);
            }
        });
    }
}
