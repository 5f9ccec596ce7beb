package io.tidemark.target.aws.peers;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/** A peer's process on a free loopback port; ended by its own handle. */
public final class PeerProcess implements AutoCloseable {
    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration INSTALL_LIMIT = Duration.ofMinutes(7);

    private final Process process;
    private final int port;
    private final Path log;

    private PeerProcess(Process process, int port, Path log) {
        this.process = process;
        this.port = port;
        this.log = log;
    }

    /**
     * Path of a program that a script of {@code tools/} provides. Where it cannot, the test is skipped with the reason; with
     * {@code CI=true} it fails.
     */
    public static Path tool(String name) throws Exception {
        Path script = root().resolve("tools").resolve(name);
        Path errors = Files.createTempFile("tool-" + name, ".log");
        try {
            Process process = new ProcessBuilder(script.toString())
                    .redirectError(errors.toFile())
                    .start();
            boolean ended = process.waitFor(INSTALL_LIMIT.toSeconds(), TimeUnit.SECONDS);
            if (!ended) {
                process.destroyForcibly();
            }
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            if (ended && process.exitValue() == 0) {
                return Path.of(output);
            }
            String reason = "tools/" + name + " could not provide it: "
                    + Files.readString(errors).strip();
            if ("true".equals(System.getenv("CI"))) {
                Assertions.fail("CI=true, and a peer is missing: " + reason);
            }
            Assumptions.abort(reason);
            throw new IllegalStateException("not reached");
        } finally {
            Files.delete(errors);
        }
    }

    private static Path root() {
        Path at = Path.of("").toAbsolutePath();
        while (!Files.isExecutable(at.resolve("tools/moto"))) {
            at = at.getParent();
            if (at == null) {
                throw new IllegalStateException("no folder above has tools/moto");
            }
        }
        return at;
    }

    /** How the command of a peer says its port. */
    @FunctionalInterface
    public interface Command {
        List<String> on(int port);
    }

    /** Starts a peer and waits until its port answers. */
    public static PeerProcess start(Command command, Map<String, String> environment) throws Exception {
        int port = freePort();
        Path log = Files.createTempFile("peer-", ".log");
        ProcessBuilder builder = new ProcessBuilder(command.on(port)).redirectErrorStream(true);
        builder.environment().putAll(environment);
        PeerProcess peer = new PeerProcess(builder.redirectOutput(log.toFile()).start(), port, log);
        long end = System.nanoTime() + START_LIMIT.toNanos();
        while (!peer.answers()) {
            if (!peer.process.isAlive() || System.nanoTime() - end > 0) {
                String said = Files.readString(log);
                peer.close();
                throw new IllegalStateException("the peer did not start: " + said);
            }
            LockSupport.parkNanos(20_000_000);
        }
        return peer;
    }

    private boolean answers() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
            return true;
        } catch (IOException notYet) {
            return false;
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    public String uri() {
        return "http://127.0.0.1:" + port;
    }

    /** What it wrote. */
    public String output() throws IOException {
        return Files.readString(log);
    }

    @Override
    public void close() throws Exception {
        process.destroy();
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
        Files.deleteIfExists(log);
    }
}
