package io.tidemark.bench.suite;

import java.util.List;
import java.util.Optional;

/** All benchmarks. */
public final class Suite {
    private Suite() {}

    /** Fresh ones: each may be measured once. */
    public static List<Benchmark> all() {
        return List.of(
                new JournalIngest(),
                new JournalSmall(),
                new CrashOpen(),
                new ViewOpen(),
                new ViewRead(),
                new CaptureServer(),
                new AgeingWhileIngesting(),
                new ResidentMemory(),
                new CaptureOverhead());
    }

    public static Optional<Benchmark> find(String name) {
        return all().stream().filter(benchmark -> benchmark.name().equals(name)).findFirst();
    }
}
