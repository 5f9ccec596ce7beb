package io.tidemark.systemtests;

import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * A simulated vCenter in a process of its own, with one datastore in a folder. Guests do nothing by themselves: whoever writes to the files of
 * their disks is the guest.
 */
final class Vcenter implements AutoCloseable {
    private static final String USER = "tidemark@lab.local";
    private static final String PASSWORD = "secret";
    private static final int BUILD_MINUTES = 10;

    private final Path datastore;
    private final HttpServer console;
    private final Process process;
    private final String url;
    private final String thumbprint;

    private Vcenter(Path datastore, HttpServer console, Process process, String ready) {
        this.datastore = datastore;
        this.console = console;
        this.process = process;
        this.url = field(ready, "url");
        this.thumbprint = field(ready, "thumbprint");
    }

    /** Starts one. Skips the test where it cannot be had; with CI=true it fails. */
    static Vcenter startOrSkip(Workspace workspace) throws Exception {
        Path program = programOrSkip();
        Path datastore = workspace.folder("datastore");
        Process process = new ProcessBuilder(
                        program.toString(), "-user", USER, "-password", PASSWORD, "-datastore", "main=" + datastore)
                .redirectError(workspace.folder("vcenter").resolve("log").toFile())
                .start();
        // Not closed: it is the process's output as long as that runs.
        BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
        String ready = output.readLine();
        if (ready == null) {
            throw new IOException("the vCenter simulator ended with " + process.waitFor());
        }
        HttpServer console = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        console.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            byte[] answer = "ok".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        console.start();
        return workspace.closing(new Vcenter(datastore, console, process, ready));
    }

    private static Path programOrSkip() throws Exception {
        Path script = Path.of("../../tools/vcenter-simulator").toAbsolutePath().normalize();
        Process build = new ProcessBuilder(script.toString()).start();
        build.getOutputStream().close();
        String path;
        String said;
        try (BufferedReader output = build.inputReader(StandardCharsets.UTF_8);
                BufferedReader errors = build.errorReader(StandardCharsets.UTF_8)) {
            // The script says little: neither pipe fills while the other is read.
            path = String.valueOf(output.readLine());
            said = String.join("; ", errors.lines().toList());
        }
        boolean built = build.waitFor(BUILD_MINUTES, TimeUnit.MINUTES) && build.exitValue() == 0;
        String reason = "the vCenter simulator cannot be had here: " + said;
        if (!built && "true".equals(System.getenv("CI"))) {
            Assertions.fail("CI=true, and " + reason);
        }
        Assumptions.assumeTrue(built, reason);
        return Path.of(path);
    }

    private static String field(String json, String name) {
        Matcher matcher = Pattern.compile("\"" + name + "\":\"([^\"]*)\"").matcher(json);
        if (!matcher.find()) {
            throw new IllegalArgumentException("no " + name + " in " + json);
        }
        return matcher.group(1);
    }

    /** Settings of an instance that makes snapshots as often as it may. */
    Map<String, String> settings() {
        return Map.of(
                "url",
                url,
                "user",
                USER,
                "password",
                PASSWORD,
                "thumbprint",
                thumbprint,
                "datastore",
                "main",
                "snapshot-interval",
                "5",
                "console",
                "http://127.0.0.1:" + console.getAddress().getPort());
    }

    /** Files of the datastore whose names contain that. */
    List<Path> files(String part) throws IOException {
        try (Stream<Path> all = Files.walk(datastore)) {
            return all.filter(each -> each.getFileName().toString().contains(part))
                    .toList();
        }
    }

    @Override
    public void close() throws IOException, InterruptedException {
        console.stop(0);
        process.getOutputStream().close();
        if (!process.waitFor(5, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
    }
}
