package io.tidemark.bench.process;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A conversation with a QEMU program over its monitor socket (QMP). */
public final class QemuMonitor implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final SocketChannel socket;
    private final BufferedReader lines;

    private QemuMonitor(SocketChannel socket) {
        this.socket = socket;
        this.lines = new BufferedReader(new InputStreamReader(Channels.newInputStream(socket), StandardCharsets.UTF_8));
    }

    public static QemuMonitor connect(Path path) throws IOException {
        QemuMonitor monitor = new QemuMonitor(SocketChannel.open(UnixDomainSocketAddress.of(path)));
        monitor.readLine();
        monitor.execute("{\"execute\": \"qmp_capabilities\"}");
        return monitor;
    }

    /** Sends a command and waits for its answer; events before that are dropped. */
    public void execute(String command) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap((command + "\n").getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            socket.write(bytes);
        }
        while (true) {
            JsonNode answer = readLine();
            if (answer.has("error")) {
                throw new IOException(command + " was refused: " + answer.path("error"));
            }
            if (answer.has("return")) {
                return;
            }
        }
    }

    /** Waits for an event. @throws IOException if the job that should bring it ends instead */
    public void awaitEvent(String name) throws IOException {
        while (true) {
            JsonNode event = readLine();
            String seen = event.path("event").asText();
            if (seen.equals(name)) {
                return;
            }
            if (seen.equals("BLOCK_JOB_COMPLETED") || seen.equals("BLOCK_JOB_ERROR")) {
                throw new IOException("waiting for " + name + ", but: " + event);
            }
        }
    }

    private JsonNode readLine() throws IOException {
        String line = lines.readLine();
        if (line == null) {
            throw new IOException("the program closed its monitor");
        }
        return JSON.readTree(line);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
