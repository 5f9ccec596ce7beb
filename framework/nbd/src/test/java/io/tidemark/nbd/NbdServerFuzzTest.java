package io.tidemark.nbd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Random nonsense on the socket: whatever comes, the server serves the next client. */
@Timeout(120)
class NbdServerFuzzTest {
    private static final int ROUNDS = 600;
    private static final int SIZE_BYTES = 1 << 20;

    @TempDir
    Path folder;

    @Test
    void serverSurvivesNonsense() throws Exception {
        long seed = Long.getLong("nbd.fuzz.seed", System.nanoTime());
        Random random = new Random(seed);
        Path socket = folder.resolve("s");
        byte[] content = new byte[SIZE_BYTES];
        random.nextBytes(content);
        MemoryExport bystander = new MemoryExport(SIZE_BYTES);
        bystander.fill(0, content);
        try (NbdServer server =
                NbdServer.listen(NbdServerConfig.unix(socket).withHandshakeLimit(Duration.ofSeconds(60)))) {
            server.addExport("", new MemoryExport(SIZE_BYTES));
            server.addExport("bystander", bystander);
            try (NbdClient client = NbdClient.connect(NbdClientConfig.unix(socket, "bystander"))) {
                for (int round = 0; round < ROUNDS; round++) {
                    attack(socket, random);
                    if (round % 20 == 0) {
                        assertServes(client, content);
                    }
                }
                assertServes(client, content);
            }
            try (NbdClient fresh = NbdClient.connect(NbdClientConfig.unix(socket, ""))) {
                fresh.write(0, ByteBuffer.wrap(content));
                assertServes(fresh, content);
            }
            Tool.await(
                    "all connections to be gone", () -> server.connections("") + server.connections("bystander") == 0);
        } catch (Exception | AssertionError e) {
            throw new AssertionError("replay with -DargLine=-Dnbd.fuzz.seed=" + seed, e);
        }
    }

    private static void attack(Path socket, Random random) throws IOException {
        try (RawConnection raw = new RawConnection(socket)) {
            switch (random.nextInt(5)) {
                case 0 -> raw.send(garbage(random, 2000));
                case 1 -> raw.greet(random.nextInt()).send(garbage(random, 2000));
                case 2 -> {
                    raw.greet(random.nextInt(4));
                    for (int i = random.nextInt(20); i >= 0; i--) {
                        option(raw, random);
                    }
                }
                case 3 -> requests(raw.chooseDefault(), random);
                default -> requests(raw.chooseDefaultStructured(), random);
            }
        } catch (IOException brokenByTheServer) {
            // A connection that broke the protocol may be closed at any byte; what counts is that the next one is
            // served.
            assertEquals(false, Thread.currentThread().isInterrupted());
        }
    }

    private static void option(RawConnection raw, Random random) throws IOException {
        ByteBuffer data = garbage(random, 100);
        ByteBuffer option = ByteBuffer.allocate(16 + data.position())
                .putLong(NbdProtocol.OPTION_MAGIC)
                .putInt(random.nextInt(14))
                .putInt(random.nextInt(10) == 0 ? random.nextInt() : data.position());
        raw.send(option.put(data.flip()));
    }

    private static void requests(RawConnection raw, Random random) throws IOException {
        // Someone has to take the replies, or both sides wait for each other.
        Thread drain = Thread.startVirtualThread(() -> {
            try {
                raw.drain();
            } catch (IOException closed) {
                assertEquals(false, Thread.currentThread().isInterrupted());
            }
        });
        try {
            sendRequests(raw, random);
            if (random.nextBoolean()) {
                raw.channel.shutdownOutput();
                drain.join(Duration.ofSeconds(20));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            raw.close();
        }
    }

    private static void sendRequests(RawConnection raw, Random random) throws IOException {
        for (int i = random.nextInt(30); i >= 0; i--) {
            int type = random.nextInt(10);
            long offset = random.nextInt(4) == 0 ? random.nextLong() : random.nextInt(SIZE_BYTES * 2);
            int length = random.nextInt(20) == 0 ? random.nextInt() : random.nextInt(70_000);
            int flags = random.nextInt(3) == 0 ? random.nextInt(64) : 0;
            boolean whole = type == NbdProtocol.CMD_WRITE && length >= 0 && length <= 70_000 && random.nextInt(10) > 0;
            byte[] payload = whole ? new byte[length] : new byte[0];
            ByteBuffer request = ByteBuffer.allocate(28 + payload.length)
                    .putInt(random.nextInt(50) == 0 ? random.nextInt() : NbdProtocol.REQUEST_MAGIC)
                    .putShort((short) flags)
                    .putShort((short) type)
                    .putLong(random.nextLong())
                    .putLong(offset)
                    .putInt(length)
                    .put(payload);
            raw.send(request);
        }
    }

    private static ByteBuffer garbage(Random random, int limit) {
        byte[] bytes = new byte[random.nextInt(limit)];
        random.nextBytes(bytes);
        return ByteBuffer.allocate(bytes.length).put(bytes);
    }

    private static void assertServes(NbdClient client, byte[] content) throws IOException {
        ByteBuffer read = ByteBuffer.allocate(content.length);
        client.read(0, read);
        assertArrayEquals(content, read.array());
    }
}
