package io.tidemark.bench.load;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command of a JVM with the same classes as this one. */
final class ChildJvm {
    private ChildJvm() {}

    static List<String> command(Class<?> main, List<String> options, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of(
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dtidemark.log=ERROR",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(List.of(arguments));
        return command;
    }
}
