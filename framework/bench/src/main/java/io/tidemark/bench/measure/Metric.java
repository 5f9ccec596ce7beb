package io.tidemark.bench.measure;

import org.jspecify.annotations.Nullable;

/**
 * One figure of a benchmark's result.
 *
 * @param tidemark median over the rounds
 * @param peer median over the rounds; null where there is nothing to compare with
 * @param ratio median of the ratios of the single rounds, Tidemark over peer
 * @param spread of these ratios; of Tidemark's own figures where there is no peer
 * @param met null where there is no bar
 */
public record Metric(
        String name,
        String unit,
        double tidemark,
        @Nullable Double peer,
        @Nullable String peerName,
        @Nullable Double ratio,
        Spread spread,
        Bar bar,
        @Nullable Boolean met) {
    /** Smallest and largest over the rounds. */
    public record Spread(double min, double max) {}
}
