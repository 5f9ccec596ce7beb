package io.tidemark.bench;

import picocli.CommandLine;

/** Entry point of {@code ./tidemark bench}. */
public final class BenchMain {
    private BenchMain() {}

    public static void main(String[] arguments) {
        if (System.getProperty("tidemark.log") == null) {
            System.setProperty("tidemark.log", "ERROR");
        }
        System.exit(new CommandLine(new BenchCommand(System.out, System.err)).execute(arguments));
    }
}
