package io.tidemark.bench.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * One job for fio, the load generator.
 *
 * @param options as on fio's command line
 * @param expected how long it may take at most, generously
 */
public record FioJob(List<String> options, Duration expected) {
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    public FioJob {
        options = List.copyOf(options);
    }

    /** Load on an NBD export over a unix socket, for so long. */
    public static FioJob onNbd(Path socket, String export, String pattern, int blockBytes, int depth, Duration time) {
        FioJob timed = onNbd(socket, export, pattern, blockBytes, depth)
                .with("--time_based")
                .with("--runtime=" + time.toMillis() + "ms");
        return new FioJob(timed.options(), time);
    }

    /** The same; an option has to say how much. */
    public static FioJob onNbd(Path socket, String export, String pattern, int blockBytes, int depth) {
        return new FioJob(
                List.of(
                        "--ioengine=nbd",
                        "--uri=nbd+unix:///" + export + "?socket=" + socket,
                        "--rw=" + pattern,
                        "--bs=" + blockBytes,
                        "--iodepth=" + depth,
                        "--norandommap"),
                Duration.ZERO);
    }

    public FioJob with(String option) {
        List<String> more = new ArrayList<>(options);
        more.add(option);
        return new FioJob(more, expected);
    }

    public FioResult run(Workplace workplace) throws IOException, InterruptedException {
        Path report = workplace.fresh("fio-report");
        List<String> command = new ArrayList<>(List.of(
                "fio", "--name=peer", "--thread", "--randrepeat=0", "--output-format=json", "--output=" + report));
        command.addAll(options);
        Program.run(workplace, expected.plus(PATIENCE), command);
        try {
            return FioResult.parse(Files.readString(report));
        } finally {
            Files.deleteIfExists(report);
        }
    }
}
