package io.tidemark.nbd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Random operations through our client and through qemu-io leave what a byte array would hold. */
@Timeout(120)
class NbdModelPropertyTest {
    private static final int SIZE_BYTES = 3 << 20;

    @TempDir
    Path folder;

    private final MemoryExport disk = new MemoryExport(SIZE_BYTES);
    private final byte[] model = new byte[SIZE_BYTES];

    @Test
    void randomOperationsMatchTheModel() throws Exception {
        long seed = Long.getLong("nbd.model.seed", System.nanoTime());
        Random random = new Random(seed);
        Path socket = folder.resolve("s");
        try (NbdServer server = NbdServer.listen(NbdServerConfig.unix(socket).withBufferBytes(64 << 10))) {
            server.addExport("", disk);
            List<NbdClient> clients = new ArrayList<>();
            try {
                for (int i = 0; i < 3; i++) {
                    clients.add(NbdClient.connect(NbdClientConfig.unix(socket, "")));
                }
                for (int round = 0; round < 3; round++) {
                    for (int i = 0; i < 400; i++) {
                        step(clients.get(random.nextInt(clients.size())), random);
                    }
                    qemuIo("nbd+unix:///?socket=" + socket, random);
                    assertArrayEquals(model, disk.contents());
                }
            } finally {
                clients.forEach(NbdClient::close);
            }
        } catch (Exception | AssertionError e) {
            throw new AssertionError("replay with -DargLine=-Dnbd.model.seed=" + seed, e);
        }
    }

    private void step(NbdClient client, Random random) throws IOException {
        int at = random.nextInt(SIZE_BYTES);
        int bound = random.nextInt(4) == 0 ? 400_000 : 9000;
        int length = Math.min(random.nextInt(bound), SIZE_BYTES - at);
        switch (random.nextInt(6)) {
            case 0, 1 -> {
                byte[] data = new byte[length];
                random.nextBytes(data);
                ByteBuffer buffer = random.nextBoolean()
                        ? ByteBuffer.wrap(data)
                        : ByteBuffer.allocateDirect(length).put(data).flip();
                client.write(at, buffer);
                assertEquals(0, buffer.remaining());
                System.arraycopy(data, 0, model, at, length);
            }
            case 2 -> {
                client.writeZeroes(
                        at, length, random.nextBoolean() ? NbdZeroMode.MAY_TRIM : NbdZeroMode.KEEP_ALLOCATED);
                Arrays.fill(model, at, at + length, (byte) 0);
            }
            case 3 -> {
                client.trim(at, length);
                Arrays.fill(model, at, at + length, (byte) 0);
            }
            case 4 -> {
                byte[] read = new byte[length];
                client.read(at, ByteBuffer.wrap(read));
                assertArrayEquals(Arrays.copyOfRange(model, at, at + length), read);
            }
            default -> {
                long next = at;
                for (NbdExtent extent : client.blockStatus(at, length)) {
                    assertEquals(next, extent.offset());
                    next = extent.endOffset();
                    for (long i = extent.offset(); i < next && extent.content().readsAsZeroes(); i++) {
                        assertEquals(0, model[(int) i]);
                    }
                }
                assertEquals(at + length, next);
            }
        }
    }

    /** A batch of asynchronous-looking commands in one process, as starting one for each would take minutes. */
    private void qemuIo(String uri, Random random) {
        List<String> command = new ArrayList<>(List.of("qemu-io", "-f", "raw"));
        for (int i = 0; i < 60; i++) {
            int at = random.nextInt(SIZE_BYTES / 512) * 512;
            int length = Math.min(random.nextInt(1, 300) * 512, SIZE_BYTES - at);
            int pattern = random.nextInt(1, 256);
            String range = " " + at + " " + length;
            command.add("-c");
            switch (random.nextInt(5)) {
                case 0, 1 -> {
                    command.add("write -P " + pattern + (random.nextBoolean() ? " -f" : "") + range);
                    Arrays.fill(model, at, at + length, (byte) pattern);
                }
                case 2 -> {
                    command.add("write -z" + (random.nextBoolean() ? " -u" : "") + range);
                    Arrays.fill(model, at, at + length, (byte) 0);
                }
                case 3 -> {
                    command.add("discard" + range);
                    Arrays.fill(model, at, at + length, (byte) 0);
                }
                default -> {
                    int same = 1;
                    while (at + same < SIZE_BYTES && same < length && model[at + same] == model[at]) {
                        same++;
                    }
                    command.add("read -P " + Byte.toUnsignedInt(model[at]) + " " + at + " " + same);
                }
            }
        }
        command.add(uri);
        String output = Tool.run(folder, command.toArray(String[]::new));
        assertTrue(!output.contains("failed") && !output.contains("rror"), output);
    }
}
