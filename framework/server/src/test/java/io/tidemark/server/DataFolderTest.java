package io.tidemark.server;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.server.rest.RestServer.Encryption;
import io.tidemark.spi.transport.Endpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataFolderTest {
    @TempDir
    Path temporary;

    @Test
    void secondServerIsRefusedWithTheFirstOnesProcess() throws IOException {
        Path root = temporary.resolve("data");
        try (DataFolder first = DataFolder.lock(root)) {
            IOException refusal = assertThrows(IOException.class, () -> DataFolder.lock(first.root()));
            String text = String.valueOf(refusal.getMessage());
            assertTrue(text.contains("process " + ProcessHandle.current().pid()), text);
            assertTrue(text.contains("--data"), text);
        }
        DataFolder.lock(root).close();
    }

    @Test
    void lockOfAnotherProcessCounts() throws Exception {
        Path root = temporary.resolve("data");
        DataFolder.lock(root).close();
        // flock(1) takes another kind of lock; a JVM of its own takes the same kind as the server.
        Path holder = Files.writeString(temporary.resolve("Holder.java"), """
                import java.nio.channels.FileChannel;
                import java.nio.file.*;
                class Holder {
                    public static void main(String[] a) throws Exception {
                        FileChannel c = FileChannel.open(Path.of(a[0]), StandardOpenOption.WRITE);
                        c.lock();
                        System.out.println("held");
                        System.in.read();
                    }
                }
                """);
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        holder.toString(),
                        root.resolve("lock").toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            process.inputReader().readLine();
            assertThrows(IOException.class, () -> DataFolder.lock(root));
        } finally {
            process.destroyForcibly();
            process.waitFor(10, TimeUnit.SECONDS);
        }
        DataFolder.lock(root).close();
    }

    @Test
    void settingsThatWouldExposeTheTokenAreRefused() {
        ServerSettings loopback = ServerSettings.loopback(temporary, "paris", temporary);
        IllegalArgumentException plain = assertThrows(
                IllegalArgumentException.class,
                () -> loopback.listening(new Endpoint("0.0.0.0", 9443), loopback.peer()));
        assertTrue(String.valueOf(plain.getMessage()).contains("--rest-tls"), plain.getMessage());
        IllegalArgumentException wildcard = assertThrows(
                IllegalArgumentException.class,
                () -> loopback.listening(loopback.rest(), new Endpoint("0.0.0.0", 9444)));
        assertTrue(String.valueOf(wildcard.getMessage()).contains("--advertise"), wildcard.getMessage());
        assertThrows(IllegalArgumentException.class, () -> ServerSettings.loopback(temporary, " ", temporary));
        ServerSettings encrypted = new ServerSettings(
                temporary,
                "paris",
                new Endpoint("0.0.0.0", 0),
                Encryption.TLS,
                loopback.peer(),
                loopback.advertisedPeer(),
                temporary,
                loopback.transport(),
                loopback.transportSettings(),
                loopback.pairingLifetime());
        assertTrue(encrypted.rest().host().equals("0.0.0.0"));
    }
}
