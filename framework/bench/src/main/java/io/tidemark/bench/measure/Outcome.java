package io.tidemark.bench.measure;

import java.util.List;

/**
 * The result of one benchmark.
 *
 * @param notes what has to be known to read the figures: cache modes, sizes, what was left out
 */
public record Outcome(String name, List<String> notes, List<Metric> metrics) {
    public Outcome {
        notes = List.copyOf(notes);
        metrics = List.copyOf(metrics);
    }

    public long missedBars() {
        return metrics.stream()
                .filter(metric -> Boolean.FALSE.equals(metric.met()))
                .count();
    }
}
