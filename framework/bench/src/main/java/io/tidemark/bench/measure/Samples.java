package io.tidemark.bench.measure;

import java.util.Arrays;

/** A growing list of plain numbers, for samples that are taken many times in a round. */
public final class Samples {
    private double[] values = new double[1024];
    private int count;

    public void add(double value) {
        if (count == values.length) {
            values = Arrays.copyOf(values, count * 2);
        }
        values[count++] = value;
    }

    public Statistics statistics() {
        return Statistics.of(Arrays.copyOf(values, count));
    }
}
