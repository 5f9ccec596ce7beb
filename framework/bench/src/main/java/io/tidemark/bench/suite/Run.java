package io.tidemark.bench.suite;

import io.tidemark.bench.measure.Round;
import io.tidemark.bench.process.Workplace;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** One run of a benchmark: where it works, how large, how often, and where it says how far it is. */
public record Run(Workplace workplace, Scale scale, int rounds, PrintStream progress) {
    public Run {
        if (rounds < 1) {
            throw new IllegalArgumentException("at least one round is needed, not " + rounds);
        }
    }

    /** Something that is measured once in each round. */
    @FunctionalInterface
    public interface Side {
        void measure(Round round) throws IOException, InterruptedException;
    }

    /** Measures all sides once for warm-up, which counts for nothing, and then round by round; the one that begins changes. */
    public void interleave(Side... sides) throws IOException, InterruptedException {
        List<Side> order = new ArrayList<>(List.of(sides));
        for (int i = 0; i <= rounds; i++) {
            say(i == 0 ? "warming up" : "round " + i + " of " + rounds);
            Round round = new Round(i);
            for (Side side : order) {
                side.measure(round);
            }
            Collections.rotate(order, 1);
        }
    }

    /** Tells a person how far the run is. */
    public void say(String what) {
        progress.println("bench: " + what);
    }
}
