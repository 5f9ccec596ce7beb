package io.tidemark.nbd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Assumptions;

/** Runs the real programs that the tests compare with. */
final class Tool {
    private static final long LIMIT_SECONDS = 60;

    /** What a program printed, and its exit code. */
    record Result(int exitCode, String output) {}

    private Tool() {}

    /** Runs to the end and returns the output; fails the test when the program fails. */
    static String run(Path folder, String... command) {
        Result result = tryRun(folder, command);
        assertEquals(0, result.exitCode(), String.join(" ", command) + "\n" + result.output());
        return result.output();
    }

    static Result tryRun(Path folder, String... command) {
        need(command[0]);
        Process process = null;
        try {
            Path output = Files.createTempFile(folder, "out", ".txt");
            process = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectOutput(output.toFile())
                    .start();
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                fail(String.join(" ", command) + " did not end; it printed\n" + Files.readString(output));
            }
            return new Result(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return fail("interrupted");
        } finally {
            if (process != null) {
                process.destroyForcibly();
            }
        }
    }

    /** Starts a server and waits until its socket is there; the caller ends it with {@link #end}. */
    static Process serve(Path folder, Path socket, String... command) throws IOException {
        need(command[0]);
        Path output = Files.createTempFile(folder, "server", ".txt");
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.PIPE)
                .redirectOutput(output.toFile())
                .start();
        try {
            await("socket of " + String.join(" ", command), () -> Files.exists(socket) || !process.isAlive());
            if (!process.isAlive()) {
                fail(String.join(" ", command) + " ended\n" + Files.readString(output));
            }
            return process;
        } catch (IOException | RuntimeException | Error e) {
            process.destroyForcibly();
            throw e;
        }
    }

    static void end(Process process) {
        process.destroyForcibly();
        process.onExit().orTimeout(10, TimeUnit.SECONDS).join();
    }

    static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                fail("waited 30 s for " + what);
            }
            try {
                Thread.sleep(5);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                fail("interrupted while waiting for " + what);
            }
        }
    }

    private static void need(String program) {
        boolean present = List.of("/usr/bin", "/usr/sbin", "/bin", "/usr/local/bin").stream()
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
        if (!present) {
            String reason = program + " is not installed (Debian: qemu-utils qemu-system-common libnbd-bin nbdkit fio)";
            if ("true".equals(System.getenv("CI"))) {
                fail(reason);
            }
            Assumptions.abort(reason);
        }
    }
}
