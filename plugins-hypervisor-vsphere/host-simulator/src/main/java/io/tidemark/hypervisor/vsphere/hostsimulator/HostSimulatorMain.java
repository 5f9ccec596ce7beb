package io.tidemark.hypervisor.vsphere.hostsimulator;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.hypervisor.vsphere.filter.protocol.FilterSecret;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Starts the simulator, prints one line of JSON when it is ready, and runs until its standard input ends or it is asked to terminate. All else
 * that it says goes to standard error.
 */
@Command(
        name = "host-simulator",
        mixinStandardHelpOptions = true,
        description =
                "Plays the storage side of ESXi hosts: disks, guests, change tracking, and an I/O filter endpoint.")
final class HostSimulatorMain implements Callable<Integer> {
    private static final String TOKEN_VARIABLE = "TIDEMARK_HOST_TOKEN";
    private static final String SECRET_VARIABLE = "TIDEMARK_FILTER_SECRET";
    private static final Duration THAW_AFTER = Duration.ofSeconds(5);
    private static final int LEAST_TOKEN_CHARACTERS = 32;

    @Option(
            names = "--datastore",
            required = true,
            paramLabel = "FOLDER",
            description = "Folder that disks are in; may be repeated. Disks elsewhere are refused.")
    private List<Path> datastores = List.of();

    @Option(
            names = "--token-file",
            paramLabel = "FILE",
            description = "File with the token of the HTTP side, 32 characters or more; else " + TOKEN_VARIABLE + ".")
    private @Nullable Path tokenFile;

    @Option(
            names = "--filter-secret-file",
            paramLabel = "FILE",
            description =
                    "File with the secret that filters have to know, 32 bytes or more; else " + SECRET_VARIABLE + ".")
    private @Nullable Path secretFile;

    @Option(names = "--admin-port", defaultValue = "0", description = "Port of the HTTP side on loopback; 0 for any.")
    private int adminPort;

    @Option(names = "--filter-port", defaultValue = "0", description = "Port for filters on loopback; 0 for any.")
    private int filterPort;

    @Option(
            names = "--filter-idle-millis",
            defaultValue = "5000",
            description = "A filter that is silent for longer is dead.")
    private int filterIdleMillis;

    @Option(names = "--report", description = "At the end, print a line of JSON with the guests' write latencies.")
    private boolean report;

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new HostSimulatorMain())
                .setExecutionExceptionHandler((failed, line, parsed) -> {
                    line.getErr().println("host-simulator: " + failed.getMessage());
                    return 1;
                })
                .execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        // Own stream: nothing else may write between the lines.
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        String token = read(tokenFile, TOKEN_VARIABLE, "--token-file");
        if (token.length() < LEAST_TOKEN_CHARACTERS) {
            throw new IOException("the token has fewer than " + LEAST_TOKEN_CHARACTERS + " characters");
        }
        HostSimulator.Config config = new HostSimulator.Config(
                datastores,
                adminPort,
                token,
                filterPort,
                secret(read(secretFile, SECRET_VARIABLE, "--filter-secret-file")),
                Duration.ofMillis(filterIdleMillis),
                THAW_AFTER);
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        try (HostSimulator simulator = new HostSimulator(config)) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                asked.countDown();
                awaitQuietly(ended); // the process lives until the disks are closed
            }));
            Thread.ofPlatform().daemon().name("standard-input").start(() -> awaitEndOfInput(asked));
            out.println(new String(Json.bytes(ready(simulator)), StandardCharsets.UTF_8));
            asked.await();
            if (report) {
                out.println(new String(Json.bytes(reports(simulator)), StandardCharsets.UTF_8));
            }
        } finally {
            ended.countDown();
        }
        return 0;
    }

    private static ObjectNode ready(HostSimulator simulator) {
        return Json.object()
                .put("adminUrl", "http://127.0.0.1:" + simulator.adminPort())
                .put("filterHost", "127.0.0.1")
                .put("filterPort", simulator.endpoint().port())
                .put("pid", ProcessHandle.current().pid());
    }

    private static ObjectNode reports(HostSimulator simulator) {
        ObjectNode all = Json.object();
        simulator.host().vms().forEach(vm -> all.withArray("vms").add(AdminRoutes.report(vm)));
        return all;
    }

    private static FilterSecret secret(String text) throws IOException {
        try {
            return FilterSecret.of(text);
        } catch (IllegalArgumentException tooShort) {
            throw new IOException(tooShort.getMessage(), tooShort);
        }
    }

    private static String read(@Nullable Path file, String variable, String option) throws IOException {
        if (file != null) {
            return Files.readString(file).strip();
        }
        String value = System.getenv(variable);
        if (value == null) {
            throw new IOException(
                    "give " + option + ", or set " + variable + ": nothing is served without authentication");
        }
        return value.strip();
    }

    private static void awaitEndOfInput(CountDownLatch asked) {
        try {
            System.in.transferTo(java.io.OutputStream.nullOutputStream());
        } catch (IOException broken) {
            System.err.println("host-simulator: standard input broke, which counts as its end: " + broken.getMessage());
        }
        asked.countDown();
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }
}
