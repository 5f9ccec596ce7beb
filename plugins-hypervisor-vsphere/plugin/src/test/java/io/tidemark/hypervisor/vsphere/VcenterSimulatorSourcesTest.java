package io.tidemark.hypervisor.vsphere;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.BufferedReader;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** The Go program that the other tests talk to passes its own tests and checks. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 10, unit = TimeUnit.MINUTES)
final class VcenterSimulatorSourcesTest {
    private static final int LIMIT_MINUTES = 8;

    private String go = "";

    private record Ended(int code, String said) {}

    private static Ended run(File folder, List<String> command) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder).redirectErrorStream(true);
        builder.environment().put("GOTOOLCHAIN", "local");
        builder.environment().put("GOFLAGS", "-mod=readonly");
        Process process = builder.start();
        process.getOutputStream().close();
        try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
            String said = String.join("\n", output.lines().toList());
            if (!process.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES)) {
                process.destroyForcibly();
            }
            return new Ended(process.waitFor(), said);
        }
    }

    private static File sources() {
        return VcenterProcess.repository()
                .resolve("plugins-hypervisor-vsphere/vcenter-simulator")
                .toFile();
    }

    @BeforeAll
    @Timeout(value = 10, unit = TimeUnit.MINUTES)
    void findGo() throws Exception {
        Ended found = run(
                sources(),
                List.of(VcenterProcess.repository().resolve("tools/go").toString()));
        String reason = "there is no Go here: " + found.said();
        if (found.code() != 0 && "true".equals(System.getenv("CI"))) {
            Assertions.fail("CI=true, and " + reason);
        }
        Assumptions.assumeTrue(found.code() == 0, reason);
        go = found.said().lines().reduce((first, last) -> last).orElse("");
        Ended modules = run(sources(), List.of(go, "mod", "download"));
        Assumptions.assumeTrue(modules.code() == 0, "its modules cannot be had here: " + modules.said());
    }

    @Test
    void itsOwnTestsPass() throws Exception {
        Ended test = run(sources(), List.of(go, "test", "./..."));
        assertEquals(0, test.code(), test.said());
    }

    @Test
    void vetFindsNothing() throws Exception {
        Ended vet = run(sources(), List.of(go, "vet", "./..."));
        assertEquals(0, vet.code(), vet.said());
    }

    @Test
    void itIsFormatted() throws Exception {
        Path root = Path.of(run(sources(), List.of(go, "env", "GOROOT")).said().strip());
        Path gofmt = root.resolve("bin/gofmt");
        // A Go from elsewhere may come without the program, but not without its source.
        List<String> command = gofmt.toFile().canExecute()
                ? List.of(gofmt.toString(), "-l", ".")
                : List.of(go, "run", "cmd/gofmt", "-l", ".");
        Ended format = run(sources(), command);
        assertEquals("", format.said(), "files that gofmt would change");
    }
}
