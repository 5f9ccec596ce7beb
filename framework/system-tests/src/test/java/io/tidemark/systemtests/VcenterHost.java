package io.tidemark.systemtests;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/** A simulated vCenter in a process of its own, where its program can be built. */
final class VcenterHost implements AutoCloseable {
    private static final int BUILD_MINUTES = 10;

    private final Process process;
    private final String ready;

    private VcenterHost(Process process, String ready) {
        this.process = process;
        this.ready = ready;
    }

    /** Skips the test where there is none; with CI=true it fails. */
    static VcenterHost startOrSkip(Path datastore) throws Exception {
        Process build = new ProcessBuilder(
                        repository().resolve("tools/vcenter-simulator").toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        build.getOutputStream().close();
        String program;
        try (BufferedReader output = build.inputReader(StandardCharsets.UTF_8)) {
            program = String.valueOf(output.readLine());
        }
        boolean built = build.waitFor(BUILD_MINUTES, TimeUnit.MINUTES) && build.exitValue() == 0;
        String reason = "the vCenter simulator cannot be built here; tools/vcenter-simulator says why";
        if (!built && "true".equals(System.getenv("CI"))) {
            Assertions.fail("CI=true, and " + reason);
        }
        Assumptions.assumeTrue(built, reason);
        Process process = new ProcessBuilder(List.of(program, "-datastore", "main=" + datastore))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        // Not closed: it is the process's output as long as that runs.
        return new VcenterHost(
                process,
                String.valueOf(process.inputReader(StandardCharsets.UTF_8).readLine()));
    }

    private static Path repository() {
        Path at = Path.of("").toAbsolutePath();
        while (at != null && !Files.isExecutable(at.resolve("tools/vcenter-simulator"))) {
            at = at.getParent();
        }
        if (at == null) {
            throw new IllegalStateException("tests run outside of the repository");
        }
        return at;
    }

    /** Settings of a site that reaches it. */
    Map<String, String> settings() {
        return Map.of(
                "url",
                said("url"),
                "user",
                "user",
                "password",
                "pass",
                "thumbprint",
                said("thumbprint"),
                "datastore",
                "main");
    }

    private String said(String field) {
        Matcher matcher = Pattern.compile("\"" + field + "\":\"([^\"]*)\"").matcher(ready);
        if (!matcher.find()) {
            throw new IllegalStateException("the vCenter simulator said " + ready);
        }
        return matcher.group(1);
    }

    @Override
    public void close() throws IOException {
        process.getOutputStream().close();
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException stopped) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
