package io.tidemark.systemtests;

import io.tidemark.server.ServerMain;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A site as a process of its own, which may be killed and started again at the same addresses. */
final class SiteProcess implements AutoCloseable {
    private static final Pattern SERVING =
            Pattern.compile("Site \\S+ serves its API at (http://\\S+) and other sites at \\S+; .* token is in (\\S+)");
    private static final int END_SECONDS = 60;

    private final String name;
    private final Path data;
    private final Path plugins;
    private final Path log;
    private final String rest = "127.0.0.1:" + FreePort.next();
    private final String peer = "127.0.0.1:" + FreePort.next();
    private @Nullable Process process;
    private @Nullable SiteApi api;
    private String siteId = "";
    private String url = "";
    private String token = "";

    private SiteProcess(String name, Path data, Path plugins, Path log) {
        this.name = name;
        this.data = data;
        this.plugins = plugins;
        this.log = log;
    }

    /** Not running yet. What it logs is kept in {@code target/site-logs/<name>.log}. */
    static SiteProcess of(Workspace workspace, String name) throws IOException {
        return of(workspace, name, Workspace.PLUGINS);
    }

    /** The same with a plugin folder of its own. */
    static SiteProcess of(Workspace workspace, String name, Path plugins) throws IOException {
        Path log = Files.createDirectories(Path.of("target", "site-logs")).resolve(name + ".log");
        Files.deleteIfExists(log);
        return workspace.closing(new SiteProcess(name, workspace.folder(name), plugins, log));
    }

    /** Starts it and waits until it serves. */
    void start() throws Exception {
        Process started = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx384m",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ServerMain.class.getName(),
                        "--data",
                        data.toString(),
                        "--name",
                        name,
                        "--rest",
                        rest,
                        "--peer",
                        peer,
                        "--plugins",
                        plugins.toString()))
                .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        process = started;
        BufferedReader out = started.inputReader();
        StringBuilder said = new StringBuilder();
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            Matcher serving = SERVING.matcher(line);
            if (serving.matches()) {
                url = serving.group(1);
                token = Files.readString(Path.of(serving.group(2))).strip();
                SiteApi opened = new SiteApi(url, token);
                api = opened;
                siteId = opened.get("/sites/self").path("id").asText();
                return;
            }
            said.append(line).append('\n');
        }
        throw new AssertionError("site " + name + " did not start: " + said + Files.readString(log));
    }

    /** SIGKILL: nothing in it is closed. */
    void kill() throws InterruptedException {
        Process killed = running();
        killed.destroyForcibly();
        if (!killed.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("site " + name + " outlived SIGKILL");
        }
        api().close();
        api = null;
    }

    /** What the command line client needs to know of it. */
    Map<String, String> environment() {
        return Map.of("TIDEMARK_URL", url, "TIDEMARK_TOKEN", token);
    }

    SiteApi api() {
        SiteApi opened = api;
        if (opened == null) {
            throw new IllegalStateException("site " + name + " does not run");
        }
        return opened;
    }

    private Process running() {
        Process started = process;
        if (started == null) {
            throw new IllegalStateException("site " + name + " was not started");
        }
        return started;
    }

    /** Ends the process as an operator does, by force when it does not, and removes the sockets that a killed one leaves. */
    @Override
    public void close() throws Exception {
        if (api != null) {
            api.close();
        }
        if (process == null) {
            return;
        }
        process.destroy();
        boolean ended = process.waitFor(END_SECONDS, TimeUnit.SECONDS);
        if (!ended) {
            process.destroyForcibly();
            process.waitFor(END_SECONDS, TimeUnit.SECONDS);
        }
        for (String base : List.of("/run", "/tmp")) {
            Workspace.delete(Path.of(
                    base, "tidemark-io-" + Integer.toHexString(data.toString().hashCode())));
            if (!siteId.isEmpty()) {
                Workspace.delete(Path.of(base, "tidemark-" + siteId.substring(0, 8)));
            }
        }
        if (!ended) {
            throw new AssertionError("site " + name + " did not end when it was told to");
        }
    }
}
