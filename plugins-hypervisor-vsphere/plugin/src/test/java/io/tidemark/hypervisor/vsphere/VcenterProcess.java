package io.tidemark.hypervisor.vsphere;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/** A vCenter simulator in a process of its own. It ends with this process, whatever happens to it. */
final class VcenterProcess implements AutoCloseable {
    static final String USER = "tidemark@vsphere.local";
    static final String PASSWORD = "secret \"&<>";
    private static final int BUILD_MINUTES = 10;

    private static @Nullable Path program;

    private final Process process;
    private final URI url;
    private final String thumbprint;

    private VcenterProcess(Process process, URI url, String thumbprint) {
        this.process = process;
        this.url = url;
        this.thumbprint = thumbprint;
    }

    /** Starts one with the datastore {@code main}. Skips the test where it cannot be had; fails it there with CI=true. */
    static VcenterProcess start(Path datastore, String... options) throws Exception {
        List<String> command = new ArrayList<>(
                List.of(program().toString(), "-user", USER, "-password", PASSWORD, "-datastore", "main=" + datastore));
        command.addAll(List.of(options));
        Process process = new ProcessBuilder(command)
                .redirectError(Path.of(System.getProperty("java.io.tmpdir"), "vcenter-" + System.nanoTime() + ".log")
                        .toFile())
                .start();
        // Not closed: it is the process's output as long as that runs.
        BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
        String line = output.readLine();
        if (line == null) {
            throw new IOException("the vCenter simulator ended with " + process.waitFor());
        }
        return new VcenterProcess(process, URI.create(field(line, "url")), field(line, "thumbprint"));
    }

    private static String field(String json, String name) {
        Matcher matcher = Pattern.compile("\"" + name + "\":\"([^\"]*)\"").matcher(json);
        if (!matcher.find()) {
            throw new IllegalArgumentException("no " + name + " in " + json);
        }
        return matcher.group(1);
    }

    private static synchronized Path program() throws Exception {
        Path known = program;
        if (known != null) {
            return known;
        }
        Path script = repository().resolve("tools/vcenter-simulator");
        Process build = new ProcessBuilder(script.toString())
                .redirectError(ProcessBuilder.Redirect.PIPE)
                .start();
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
        program = Path.of(path);
        return Path.of(path);
    }

    private static Path repository() {
        Path at = Path.of("").toAbsolutePath();
        while (!Files.isExecutable(at.resolve("tools/vcenter-simulator"))) {
            Path parent = at.getParent();
            if (parent == null) {
                throw new IllegalStateException("tests run outside of the repository");
            }
            at = parent;
        }
        return at;
    }

    URI url() {
        return url;
    }

    int port() {
        return url.getPort();
    }

    String thumbprint() {
        return thumbprint;
    }

    @Override
    public void close() throws IOException, InterruptedException {
        process.getOutputStream().close();
        if (!process.waitFor(5, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
    }
}
