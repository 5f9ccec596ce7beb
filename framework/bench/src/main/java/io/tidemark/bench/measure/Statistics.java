package io.tidemark.bench.measure;

import java.util.Arrays;

/** Order statistics of a set of samples that never changes. */
public final class Statistics {
    private final double[] sorted;

    private Statistics(double[] sorted) {
        this.sorted = sorted;
    }

    /** @throws IllegalArgumentException if there is no sample, or one that is not a number */
    public static Statistics of(double... samples) {
        if (samples.length == 0) {
            throw new IllegalArgumentException("nothing was measured");
        }
        double[] sorted = samples.clone();
        for (double sample : sorted) {
            if (!Double.isFinite(sample)) {
                throw new IllegalArgumentException("not a measurement: " + sample);
            }
        }
        Arrays.sort(sorted);
        return new Statistics(sorted);
    }

    /** The middle one, or the mean of the two in the middle. */
    public double median() {
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /**
     * The smallest sample that at least this part of all samples does not exceed (nearest rank).
     *
     * @param part in (0, 1]
     */
    public double percentile(double part) {
        if (!(part > 0 && part <= 1)) {
            throw new IllegalArgumentException("a percentile is asked for as a part of 1, not " + part);
        }
        int rank = (int) Math.ceil(part * sorted.length);
        return sorted[rank - 1];
    }

    public double min() {
        return sorted[0];
    }

    public double max() {
        return sorted[sorted.length - 1];
    }
}
