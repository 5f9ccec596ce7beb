package io.tidemark.hypervisor.kvm;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.plugin.Deadline;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs programs of the host to their end. */
final class Programs {
    private static final List<String> FOLDERS = List.of("/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/libexec");

    private Programs() {}

    /** Path of a program, wherever PATH points: some are outside of a service's PATH. */
    static Path find(String name, String debianPackage) throws ProviderException {
        for (String folder : FOLDERS) {
            Path path = Path.of(folder, name);
            if (Files.isExecutable(path)) {
                return path;
            }
        }
        throw KvmFailures.rejected(
                "The program " + name + " was not found",
                "it is in none of " + FOLDERS,
                "As root: apt-get install " + debianPackage);
    }

    /** @return what it printed to standard output and error */
    static String run(String what, List<String> command, Deadline deadline) throws ProviderException {
        Process process = start(what, command);
        try (InputStream output = process.getInputStream()) {
            // What these programs print fits into a pipe, so that waiting before reading cannot block them.
            if (!process.waitFor(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS)) {
                throw KvmFailures.tooLate(what, deadline.remaining());
            }
            String text = new String(output.readAllBytes(), StandardCharsets.UTF_8).strip();
            if (process.exitValue() != 0) {
                throw failed(what, text.isBlank() ? "it ended with code " + process.exitValue() : text);
            }
            return text;
        } catch (IOException e) {
            throw failed(what, e.toString());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw KvmFailures.tooLate(what, deadline.remaining());
        } finally {
            process.destroyForcibly();
        }
    }

    static Process start(String what, List<String> command) throws ProviderException {
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.environment().put("LC_ALL", "C");
            Process process = builder.start();
            process.getOutputStream().close();
            return process;
        } catch (IOException e) {
            throw failed(what, e.toString());
        }
    }

    static ProviderException failed(String what, String why) {
        return new ProviderException(
                FailureKind.RETRY_LATER,
                what + " failed",
                KvmFailures.firstLine(why),
                "Check free space and permissions of the folders named, and the log.");
    }
}
