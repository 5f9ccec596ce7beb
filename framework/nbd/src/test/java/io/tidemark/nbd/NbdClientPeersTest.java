package io.tidemark.nbd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The client on other people's servers. */
@Timeout(120)
class NbdClientPeersTest {
    private static final int SIZE_BYTES = 64 << 20;

    @TempDir
    Path folder;

    private Path socket;

    @BeforeEach
    void name() {
        socket = folder.resolve("s");
    }

    @Test
    void readsWritesAndMapsAQcow2BehindQemuNbd() throws IOException {
        Tool.run(folder, "qemu-img", "create", "-f", "qcow2", "disk.qcow2", SIZE_BYTES + "");
        Process server = Tool.serve(
                folder,
                socket,
                "qemu-nbd",
                "-f",
                "qcow2",
                "-k",
                socket.toString(),
                "-x",
                "disk",
                "--discard=unmap",
                "disk.qcow2");
        try (NbdClient client = NbdClient.connect(NbdClientConfig.unix(socket, "disk"))) {
            assertEquals(SIZE_BYTES, client.sizeBytes());
            assertFalse(client.readOnly());
            assertTrue(
                    client.abilities()
                            .containsAll(List.of(
                                    NbdAbility.FLUSH,
                                    NbdAbility.FUA,
                                    NbdAbility.TRIM,
                                    NbdAbility.WRITE_ZEROES,
                                    NbdAbility.BLOCK_STATUS)),
                    client.abilities()::toString);
            exercise(client);
            client.trim(48 << 20, 1 << 20);
            List<NbdExtent> map = client.blockStatus(0, SIZE_BYTES);
            assertEquals(0, map.getFirst().offset());
            assertEquals(SIZE_BYTES, map.getLast().endOffset());
            assertTrue(map.getLast().content().readsAsZeroes(), map::toString);
            assertTrue(map.stream().anyMatch(extent -> !extent.content().readsAsZeroes()), map::toString);
        } finally {
            Tool.end(server);
        }
    }

    @Test
    void talksSimpleRepliesWithNbdkit() throws IOException {
        Process server = Tool.serve(
                folder, socket, "nbdkit", "-f", "--no-sr", "-U", socket.toString(), "memory", SIZE_BYTES + "");
        try (NbdClient client = NbdClient.connect(NbdClientConfig.unix(socket, ""))) {
            assertFalse(client.abilities().contains(NbdAbility.BLOCK_STATUS));
            assertEquals(List.of(new NbdExtent(5, 10, NbdExtent.Content.DATA)), client.blockStatus(5, 10));
            exercise(client);
        } finally {
            Tool.end(server);
        }
    }

    @Test
    void takesHolesInRepliesAndErrorsFromNbdkit() throws IOException {
        Process server = Tool.serve(
                folder,
                socket,
                "nbdkit",
                "-f",
                "-U",
                socket.toString(),
                "--filter=error",
                "memory",
                SIZE_BYTES + "",
                "error-pwrite=ENOSPC",
                "error-pwrite-rate=100%");
        try (NbdClient client = NbdClient.connect(NbdClientConfig.unix(socket, ""))) {
            NbdErrorException full =
                    assertThrows(NbdErrorException.class, () -> client.write(0, ByteBuffer.allocate(4096)));
            assertEquals(NbdError.ENOSPC, full.error());
            ByteBuffer dirty = ByteBuffer.allocateDirect(3 << 20);
            while (dirty.hasRemaining()) {
                dirty.put((byte) 9);
            }
            client.read(0, dirty.flip());
            for (int i = 0; i < dirty.capacity(); i++) {
                assertEquals(0, dirty.get(i));
            }
        } finally {
            Tool.end(server);
        }
    }

    @Test
    void readsALiveReadOnlyExportOfAStorageDaemon() throws IOException {
        byte[] content = new byte[8 << 20];
        new Random(3).nextBytes(content);
        Files.write(folder.resolve("disk.raw"), content);
        Process server = Tool.serve(
                folder,
                socket,
                "qemu-storage-daemon",
                "--blockdev",
                "driver=file,node-name=f,filename=disk.raw",
                "--nbd-server",
                "addr.type=unix,addr.path=" + socket,
                "--export",
                "type=nbd,id=e,node-name=f,writable=off,name=live");
        try (NbdClient client = NbdClient.connect(NbdClientConfig.unix(socket, "live"))) {
            assertTrue(client.readOnly());
            ByteBuffer all = ByteBuffer.allocate(content.length);
            client.read(0, all);
            assertArrayEquals(content, all.array());
            assertThrows(NbdErrorException.class, () -> client.write(0, ByteBuffer.allocate(512)));
            client.read(0, ByteBuffer.allocate(512));
            IOException unknown =
                    assertThrows(IOException.class, () -> NbdClient.connect(NbdClientConfig.unix(socket, "other")));
            assertTrue(unknown.toString().contains("no export of that name"), unknown.toString());
        } finally {
            Tool.end(server);
        }
    }

    @Test
    void aKilledServerIsAnErrorAtOnce() throws IOException {
        Process server = Tool.serve(folder, socket, "nbdkit", "-f", "-U", socket.toString(), "memory", "1M");
        try (NbdClient client = NbdClient.connect(NbdClientConfig.unix(socket, ""))) {
            client.read(0, ByteBuffer.allocate(512));
            Tool.end(server);
            assertThrows(IOException.class, () -> client.read(0, ByteBuffer.allocate(512)));
            IOException later = assertThrows(IOException.class, () -> client.read(0, ByteBuffer.allocate(512)));
            assertTrue(later.toString().contains("lost earlier"), later.toString());
        } finally {
            Tool.end(server);
        }
        assertThrows(IOException.class, () -> NbdClient.connect(NbdClientConfig.unix(socket, "")));
    }

    @Test
    void aStoppedServerIsAnErrorAfterTheIdleLimit() throws IOException {
        Process server = Tool.serve(folder, socket, "nbdkit", "-f", "-U", socket.toString(), "memory", "64M");
        NbdClientConfig config = NbdClientConfig.unix(socket, "").withIdleLimit(Duration.ofMillis(300));
        try (NbdClient client = NbdClient.connect(config)) {
            Tool.run(folder, "kill", "-STOP", server.pid() + "");
            // Its threads stop one after the other, so a few reads may still be answered.
            IOException hung = assertThrows(IOException.class, () -> {
                while (true) {
                    client.read(0, ByteBuffer.allocate(512));
                }
            });
            assertTrue(hung.toString().contains("300 ms"), hung.toString());
            IOException opening = assertThrows(IOException.class, () -> NbdClient.connect(config));
            assertTrue(opening.toString().contains("300 ms"), opening.toString());
        } finally {
            Tool.end(server);
        }
    }

    /** Random writes, zeroes and long reads, against a byte array. */
    private static void exercise(NbdClient client) throws IOException {
        Random random = new Random(11);
        byte[] model = new byte[SIZE_BYTES];
        for (int i = 0; i < 60; i++) {
            byte[] data = new byte[random.nextInt(1, 200_000)];
            random.nextBytes(data);
            int at = random.nextInt(SIZE_BYTES / 2);
            client.write(at, ByteBuffer.wrap(data));
            System.arraycopy(data, 0, model, at, data.length);
            int zeroAt = random.nextInt(SIZE_BYTES / 2);
            client.writeZeroes(zeroAt, 70_000, i % 2 == 0 ? NbdZeroMode.MAY_TRIM : NbdZeroMode.KEEP_ALLOCATED);
            Arrays.fill(model, zeroAt, zeroAt + 70_000, (byte) 0);
        }
        client.flush();
        byte[] large = new byte[34 << 20];
        random.nextBytes(large);
        client.write(3, ByteBuffer.wrap(large));
        System.arraycopy(large, 0, model, 3, large.length);
        ByteBuffer all = ByteBuffer.allocate(SIZE_BYTES + 7).position(7);
        client.read(0, all);
        assertEquals(all.limit(), all.position());
        assertTrue(Arrays.equals(model, 0, SIZE_BYTES, all.array(), 7, SIZE_BYTES + 7));
    }
}
