package io.tidemark.bench.measure;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gathers one figure of Tidemark, and of its peer if it has one, round by round. The ratio is taken within each round, where both sides met
 * the same neighbours on the machine, and only then over the rounds.
 */
public final class Comparison {
    private final String name;
    private final String unit;
    private final @Nullable String peerName;
    private final Bar bar;
    private final List<Double> tidemark = new ArrayList<>();
    private final List<Double> peer = new ArrayList<>();

    private Comparison(String name, String unit, @Nullable String peerName, Bar bar) {
        this.name = name;
        this.unit = unit;
        this.peerName = peerName;
        this.bar = bar;
    }

    /** A figure that both sides have. */
    public static Comparison with(String peerName, String name, String unit, Bar bar) {
        return new Comparison(name, unit, peerName, bar);
    }

    /** A figure of Tidemark alone. */
    public static Comparison alone(String name, String unit, Bar bar) {
        if (bar instanceof Bar.RatioAtLeast || bar instanceof Bar.RatioAtMost) {
            throw new IllegalArgumentException(name + " has no peer, so no bar for a ratio");
        }
        return new Comparison(name, unit, null, bar);
    }

    /** Remembers Tidemark's figure of a round; the warm-up's is dropped. */
    public void tidemark(Round round, double value) {
        if (!round.isWarmUp()) {
            tidemark.add(value);
        }
    }

    /** Remembers the peer's figure of a round; the warm-up's is dropped. */
    public void peer(Round round, double value) {
        if (!round.isWarmUp()) {
            peer.add(value);
        }
    }

    /** @throws IllegalStateException if a side was not measured as often as the other, or not at all */
    public Metric result() {
        Statistics own = statistics(tidemark);
        if (peerName == null) {
            Boolean met = bar instanceof Bar.ValueAtMost(double limit) ? own.median() <= limit : null;
            return new Metric(
                    name, unit, own.median(), null, null, null, new Metric.Spread(own.min(), own.max()), bar, met);
        }
        if (peer.size() != tidemark.size()) {
            throw new IllegalStateException(
                    name + " was measured " + tidemark.size() + " times, its peer " + peer.size() + " times");
        }
        double[] ratios = new double[tidemark.size()];
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = tidemark.get(i) / peer.get(i);
        }
        Statistics ratio = Statistics.of(ratios);
        Boolean met =
                switch (bar) {
                    case Bar.None() -> null;
                    case Bar.RatioAtLeast(double limit) -> ratio.median() >= limit;
                    case Bar.RatioAtMost(double limit) -> ratio.median() <= limit;
                    case Bar.ValueAtMost(double limit) -> own.median() <= limit;
                };
        return new Metric(
                name,
                unit,
                own.median(),
                statistics(peer).median(),
                peerName,
                ratio.median(),
                new Metric.Spread(ratio.min(), ratio.max()),
                bar,
                met);
    }

    private Statistics statistics(List<Double> values) {
        if (values.isEmpty()) {
            throw new IllegalStateException(name + " was not measured");
        }
        return Statistics.of(values.stream().mapToDouble(Double::doubleValue).toArray());
    }
}
