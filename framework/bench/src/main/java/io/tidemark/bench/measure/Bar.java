package io.tidemark.bench.measure;

import java.util.Locale;

/** What a measurement has to reach. */
public sealed interface Bar {
    /** Nothing: the figure is there to explain others. */
    Bar NONE = new None();

    static Bar ratioAtLeast(double limit) {
        return new RatioAtLeast(limit);
    }

    static Bar ratioAtMost(double limit) {
        return new RatioAtMost(limit);
    }

    static Bar valueAtMost(double limit) {
        return new ValueAtMost(limit);
    }

    /** No bar. */
    record None() implements Bar {
        @Override
        public String toString() {
            return "";
        }
    }

    /** Tidemark's figure over the peer's, where more is better. */
    record RatioAtLeast(double limit) implements Bar {
        @Override
        public String toString() {
            return String.format(Locale.ROOT, "ratio >= %s", plain(limit));
        }
    }

    /** Tidemark's figure over the peer's, where less is better. */
    record RatioAtMost(double limit) implements Bar {
        @Override
        public String toString() {
            return String.format(Locale.ROOT, "ratio <= %s", plain(limit));
        }
    }

    /** Tidemark's figure alone. */
    record ValueAtMost(double limit) implements Bar {
        @Override
        public String toString() {
            return String.format(Locale.ROOT, "value <= %s", plain(limit));
        }
    }

    private static String plain(double limit) {
        return limit == Math.rint(limit) ? Long.toString((long) limit) : Double.toString(limit);
    }
}
