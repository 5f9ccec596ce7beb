package io.tidemark.bench.process;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Starts programs in a workplace, either to their end or as servers. */
public final class Program {
    private static final Path PARENT_WATCH = Path.of("/usr/bin/setpriv");
    private static final Path NOTHING = Path.of("/dev/null");

    private Program() {}

    /** Whether there is such a program on the PATH. */
    public static boolean isInstalled(String name) {
        String path = System.getenv().getOrDefault("PATH", "");
        return Arrays.stream(path.split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, name)));
    }

    /**
     * Runs a program to its end and returns what it printed, errors too.
     *
     * @throws IOException if it fails or takes longer than the limit
     */
    public static String run(Workplace workplace, Duration limit, List<String> command)
            throws IOException, InterruptedException {
        Path output = workplace.fresh("output");
        Process process = workplace.start(builder(command, output));
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IOException(String.join(" ", command) + " did not end within " + limit + "; it printed: "
                        + printed(output));
            }
            if (process.exitValue() != 0) {
                throw new IOException(String.join(" ", command) + " failed with exit code " + process.exitValue() + ": "
                        + printed(output));
            }
            return printed(output);
        } finally {
            workplace.end(process);
            Files.deleteIfExists(output);
        }
    }

    /** Starts a server; it is killed when it is closed. */
    public static Peer serve(Workplace workplace, List<String> command) throws IOException {
        Path output = workplace.fresh("server-log");
        return new Peer(workplace, workplace.start(builder(command, output)), command.getFirst(), output);
    }

    /** Starts a program whose output the caller reads line by line. */
    public static Process piped(Workplace workplace, List<String> command) throws IOException {
        return workplace.start(new ProcessBuilder(watched(command))
                .redirectInput(NOTHING.toFile())
                .redirectErrorStream(true));
    }

    private static ProcessBuilder builder(List<String> command, Path output) {
        return new ProcessBuilder(watched(command))
                .redirectErrorStream(true)
                .redirectInput(NOTHING.toFile())
                .redirectOutput(output.toFile());
    }

    /** Where the kernel can be asked to end the program with us even if we are killed, it is asked. */
    private static List<String> watched(List<String> command) {
        if (!Files.isExecutable(PARENT_WATCH)) {
            return command;
        }
        List<String> watched = new ArrayList<>(List.of(PARENT_WATCH.toString(), "--pdeathsig", "KILL", "--"));
        watched.addAll(command);
        return watched;
    }

    static String printed(Path output) throws IOException {
        return new String(Files.readAllBytes(output), StandardCharsets.UTF_8).strip();
    }
}
