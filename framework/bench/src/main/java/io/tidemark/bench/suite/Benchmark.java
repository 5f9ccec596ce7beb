package io.tidemark.bench.suite;

import io.tidemark.bench.measure.Outcome;
import java.io.IOException;
import java.util.Set;

/** One question about Tidemark's speed, answered beside a program that others know. */
public interface Benchmark {
    /** As typed on the command line. */
    String name();

    Explanation explanation();

    /** Programs that must be on the PATH. */
    Set<String> programs();

    /** Disk that a run takes at most. */
    long diskBytes(Scale scale);

    /** Measures. Everything that it starts and writes belongs to the run's workplace. */
    Outcome measure(Run run) throws IOException, InterruptedException;
}
