package io.tidemark.bench;

import io.tidemark.bench.measure.Outcome;
import io.tidemark.bench.measure.OutcomeJson;
import io.tidemark.bench.measure.OutcomeTable;
import io.tidemark.bench.process.Program;
import io.tidemark.bench.process.Workplace;
import io.tidemark.bench.suite.Benchmark;
import io.tidemark.bench.suite.Explanation;
import io.tidemark.bench.suite.Run;
import io.tidemark.bench.suite.Scale;
import io.tidemark.bench.suite.Suite;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command {@code bench}: measures one benchmark and prints its result, or lists them. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Measures Tidemark beside programs that others know, in turn, in one run.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:measured, whether the bars are met or not", "1:could not be measured", "2:wrong arguments"})
final class BenchCommand implements Callable<Integer> {
    private final PrintStream out;
    private final PrintStream progress;

    @Spec
    private @Nullable CommandSpec spec;

    @Parameters(index = "0", paramLabel = "NAME", description = "a benchmark, or 'list'")
    private String name = "";

    @Option(names = "--json", paramLabel = "FILE", description = "writes the result there, too")
    private @Nullable Path json;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            description = "rounds that count (default: ${DEFAULT-VALUE}); fewer than 5 are for trying")
    private int rounds = 5;

    @Option(names = "--quick", description = "small sizes: to try a benchmark out, not to judge Tidemark")
    private boolean quick;

    @Option(
            names = "--dir",
            paramLabel = "FOLDER",
            description = "where temporary files go; on the disk to be measured (default: ${DEFAULT-VALUE})")
    private Path folder = Path.of(System.getProperty("tidemark.bench.dir", "target/bench"));

    @Option(
            names = "--disk-gib",
            paramLabel = "N",
            description = "disk that a run may take (default: ${DEFAULT-VALUE}); sizes that do not fit are left out")
    private int diskGib = 45;

    BenchCommand(PrintStream out, PrintStream progress) {
        this.out = out;
        this.progress = progress;
    }

    @Override
    public Integer call() throws InterruptedException {
        if (name.equals("list")) {
            Suite.all().forEach(this::explain);
            return 0;
        }
        Benchmark benchmark = Suite.find(name)
                .orElseThrow(() -> wrong("there is no benchmark '" + name + "'. There are: "
                        + Suite.all().stream().map(Benchmark::name).collect(Collectors.joining(", "))));
        if (rounds < 1) {
            throw wrong("--rounds must be at least 1, not " + rounds);
        }
        if (diskGib < 1) {
            throw wrong("--disk-gib must be at least 1, not " + diskGib);
        }
        try {
            measure(benchmark);
            return 0;
        } catch (IOException | IllegalStateException e) {
            progress.println("bench: " + name + " could not be measured: " + e.getMessage());
            return 1;
        }
    }

    private ParameterException wrong(String message) {
        if (spec == null) {
            throw new IllegalStateException("picocli sets the specification");
        }
        return new ParameterException(spec.commandLine(), message);
    }

    private void explain(Benchmark benchmark) {
        Explanation words = benchmark.explanation();
        long diskMib = benchmark.diskBytes(scale()) / Scale.MIB;
        out.println(benchmark.name());
        out.println("  what   " + words.what());
        out.println("  peer   " + words.peer());
        out.println("  bar    " + words.bar());
        out.println("  takes  about " + words.minutes() + " min for 5 rounds, at most " + diskMib + " MiB of disk");
        out.println();
    }

    private Scale scale() {
        return new Scale(quick, diskGib * Scale.GIB);
    }

    private void measure(Benchmark benchmark) throws IOException, InterruptedException {
        List<String> missing = benchmark.programs().stream()
                .filter(program -> !Program.isInstalled(program))
                .sorted()
                .toList();
        if (!missing.isEmpty()) {
            throw new IOException("not on the PATH: " + String.join(", ", missing)
                    + ". On Debian: apt-get install --no-install-recommends fio nbdkit qemu-utils qemu-block-extra");
        }
        Outcome outcome;
        try (Workplace workplace = Workplace.open(folder, benchmark.diskBytes(scale()))) {
            outcome = benchmark.measure(new Run(workplace, scale(), rounds, progress));
        }
        out.println();
        out.println(outcome.name() + ", " + rounds + (rounds == 1 ? " round" : " rounds")
                + (quick ? ", quick: sizes too small to judge by" : ""));
        out.print(OutcomeTable.of(outcome));
        if (json != null) {
            Files.writeString(json, OutcomeJson.of(outcome));
        }
    }
}
