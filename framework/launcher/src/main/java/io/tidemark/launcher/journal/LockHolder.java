package io.tidemark.launcher.journal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Finds out which process holds the lock of a file, where the system tells it. */
final class LockHolder {
    private static final Path LOCKS = Path.of("/proc/locks");
    private static final int PROCESS_COLUMN = 4;
    private static final int FILE_COLUMN = 5;
    private static final int MOST_WORDS = 160;

    private LockHolder() {}

    /** For example {@code process 4711 (java -jar …)}; empty where it cannot be told. */
    static Optional<String> of(Path file) {
        try {
            String inode = ":" + Files.getAttribute(file, "unix:ino");
            List<String> locks = Files.readAllLines(LOCKS);
            for (String lock : locks) {
                String[] columns = lock.strip().split("\\s+", -1);
                if (columns.length > FILE_COLUMN && columns[FILE_COLUMN].endsWith(inode)) {
                    return Optional.of("process " + columns[PROCESS_COLUMN] + commandOf(columns[PROCESS_COLUMN]));
                }
            }
            return Optional.empty();
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException notTold) {
            return Optional.empty();
        }
    }

    private static String commandOf(String process) {
        try {
            String command = Files.readString(Path.of("/proc", process, "cmdline"), StandardCharsets.UTF_8)
                    .replace('\0', ' ')
                    .strip();
            return " (" + (command.length() > MOST_WORDS ? command.substring(0, MOST_WORDS) + "…" : command) + ")";
        } catch (IOException notTold) {
            return "";
        }
    }
}
