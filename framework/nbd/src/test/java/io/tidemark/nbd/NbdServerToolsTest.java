package io.tidemark.nbd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The server as other people's clients see it. */
@Timeout(120)
class NbdServerToolsTest {
    private static final int SIZE_BYTES = 16 << 20;

    @TempDir
    Path folder;

    private final MemoryExport disk = new MemoryExport(SIZE_BYTES);
    private NbdServer server;
    private String uri;

    @BeforeEach
    void serve() throws IOException {
        Path socket = folder.resolve("s");
        server = NbdServer.listen(NbdServerConfig.unix(socket));
        server.addExport("", disk);
        uri = "nbd+unix:///?socket=" + socket;
    }

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void nbdinfoSeesSizeFlagsBlockSizesAndContext() {
        String info = Tool.run(folder, "nbdinfo", "--json", uri);
        for (String expected : new String[] {
            "\"export-size\": " + SIZE_BYTES,
            "\"is_read_only\": false",
            "\"can_flush\": true",
            "\"can_fua\": true",
            "\"can_trim\": true",
            "\"can_zero\": true",
            "\"can_fast_zero\": false",
            "\"can_multi_conn\": true",
            "\"structured\": true",
            "\"base:allocation\"",
            "\"block_size_minimum\": 1",
            "\"block_size_preferred\": 4096",
            "\"block_size_maximum\": 33554432",
            "memory of "
        }) {
            assertTrue(info.contains(expected), () -> expected + " is missing in\n" + info);
        }
    }

    @Test
    void nbdinfoListsAllExports() {
        server.addExport("second", new MemoryExport(8192).readOnlyNow());
        String list = Tool.run(folder, "nbdinfo", "--list", uri);
        assertTrue(list.contains("export=\"\"") && list.contains("export=\"second\""), list);
        assertTrue(list.contains("export-size: 8192"), list);
    }

    @Test
    void abilitiesThatAnExportLacksAreNotAdvertised() {
        server.addExport(
                "plain",
                new MemoryExport(SIZE_BYTES)
                        .without(
                                NbdAbility.TRIM,
                                NbdAbility.WRITE_ZEROES,
                                NbdAbility.BLOCK_STATUS,
                                NbdAbility.MULTI_CONN));
        String info = Tool.run(folder, "nbdinfo", "--json", uri.replace(":///", ":///plain"));
        assertTrue(info.contains("\"can_trim\": false"), info);
        assertTrue(info.contains("\"can_zero\": false"), info);
        assertTrue(info.contains("\"can_multi_conn\": false"), info);
        assertFalse(info.contains("base:allocation"), info);
    }

    @Test
    void mapsAgreeWithWhatWasWritten() {
        disk.fill(1 << 20, new byte[] {1});
        disk.fill(5 << 20, new byte[3 << 20]);
        String expected = "0 1048576 3 1048576 4096 0 1052672 4190208 3 5242880 3145728 0 8388608 8388608 3";
        String map = Tool.run(folder, "nbdinfo", "--map", uri)
                .replaceAll("hole,zero|data", "")
                .strip()
                .replaceAll("\\s+", " ");
        assertEquals(expected, map);
        String qemu = Tool.run(folder, "qemu-img", "map", "--output=json", "-f", "raw", uri);
        assertTrue(
                qemu.contains(
                        "\"start\": 5242880, \"length\": 3145728, \"depth\": 0, \"present\": true, \"zero\": false"),
                qemu);
    }

    @Test
    void nbdcopyMovesAnImageInAndOut() throws IOException {
        Path image = randomImage();
        Tool.run(folder, "nbdcopy", image.toString(), uri);
        assertArrayEquals(Files.readAllBytes(image), disk.contents());
        Tool.run(folder, "nbdcopy", "--connections=4", uri, "back.raw");
        assertEquals(-1, Files.mismatch(image, folder.resolve("back.raw")));
        Tool.await("nbdcopy's connections to be gone", () -> server.connections("") == 0);
    }

    @Test
    void qemuImgConvertsAndCompares() throws IOException {
        Path image = randomImage();
        Tool.run(folder, "qemu-img", "convert", "-n", "-W", "-f", "raw", "-O", "raw", image.toString(), uri);
        assertArrayEquals(Files.readAllBytes(image), disk.contents());
        Tool.run(folder, "qemu-img", "compare", "-f", "raw", "-F", "raw", image.toString(), uri);
        Tool.run(folder, "qemu-img", "convert", "-f", "raw", "-O", "qcow2", uri, "back.qcow2");
        Tool.run(folder, "qemu-img", "compare", "-f", "raw", "-F", "qcow2", uri, "back.qcow2");
        disk.fill(77, new byte[] {(byte) (disk.contents()[77] + 1)});
        assertNotEquals(
                0,
                Tool.tryRun(folder, "qemu-img", "compare", "-f", "raw", "-F", "raw", image.toString(), uri)
                        .exitCode());
    }

    @Test
    void qemuIoWritesZeroesTrimsAndFlushes() {
        String output = Tool.run(
                folder,
                "qemu-io",
                "-f",
                "raw",
                "-c",
                "write -P 0xaa 0 2M",
                "-c",
                "write -f -P 0xbb 1000 77",
                "-c",
                "write -z 512k 64k",
                "-c",
                "write -z -u 1M 64k",
                "-c",
                "discard 1536k 64k",
                "-c",
                "flush",
                "-c",
                "read -P 0xbb 1000 77",
                "-c",
                "read -P 0 512k 64k",
                "-c",
                "read -P 0 1M 64k",
                "-c",
                "read -P 0xaa 4k 8k",
                "-c",
                "read -P 0xaa 640k 384k",
                uri);
        assertFalse(output.contains("failed"), output);
        assertTrue(disk.flushes.get() >= 2, "the write with FUA and the flush");
        assertEquals(1, disk.trims.get());
    }

    @Test
    void qemuIoHearsErrorsAndGoesOn() {
        disk.failWith(new IOException("No space left on device"));
        String full = Tool.tryRun(folder, "qemu-io", "-f", "raw", "-c", "write 0 4k", uri)
                .output();
        assertTrue(full.contains("No space left on device"), full);
        disk.failWith(null);
        server.addExport("ro", new MemoryExport(SIZE_BYTES).readOnlyNow());
        String readOnly = Tool.tryRun(folder, "qemu-io", "-f", "raw", "-c", "write 0 4k", uri.replace(":///", ":///ro"))
                .output();
        assertTrue(readOnly.contains("Permission denied"), readOnly);
    }

    @Test
    void fioVerifiesWhatItWrote() {
        String output = Tool.run(
                folder,
                "fio",
                "--name=verify",
                "--ioengine=nbd",
                "--uri=" + uri,
                "--rw=randwrite",
                "--bs=20k",
                "--size=12M",
                "--iodepth=16",
                "--fsync=64",
                "--verify=crc32c",
                "--verify_fatal=1",
                "--randseed=" + new Random().nextInt(1, 1 << 30));
        assertTrue(output.contains("err= 0"), output);
    }

    @Test
    void severalClientsAtOnceOverTcp() throws IOException {
        try (NbdServer tcp = NbdServer.listen(NbdServerConfig.loopback(0))) {
            tcp.addExport("disk", disk);
            int port = ((InetSocketAddress) tcp.address()).getPort();
            String output = Tool.run(
                    folder,
                    "fio",
                    "--name=verify",
                    "--ioengine=nbd",
                    "--uri=nbd://127.0.0.1:" + port + "/disk",
                    "--rw=randwrite",
                    "--bs=4k",
                    "--size=4M",
                    "--offset_increment=4M",
                    "--numjobs=4",
                    "--iodepth=8",
                    "--verify=crc32c",
                    "--group_reporting");
            assertTrue(output.contains("err= 0"), output);
        }
    }

    @Test
    void worksBehindNbdkitsNbdPlugin() throws IOException {
        Path proxy = folder.resolve("p");
        Process nbdkit = Tool.serve(folder, proxy, "nbdkit", "-f", "-U", proxy.toString(), "nbd", uri);
        try {
            Path image = randomImage();
            Tool.run(folder, "nbdcopy", image.toString(), "nbd+unix:///?socket=" + proxy);
            assertArrayEquals(Files.readAllBytes(image), disk.contents());
        } finally {
            Tool.end(nbdkit);
        }
    }

    @Test
    void takesABlockMirrorWithSynchronousWrites() throws Exception {
        Path image = randomImage();
        Path source = folder.resolve("q");
        Process daemon = Tool.serve(
                folder,
                source,
                "qemu-storage-daemon",
                "--blockdev",
                "driver=file,node-name=src,filename=" + image,
                "--blockdev",
                "driver=nbd,node-name=dst,server.type=unix,server.path=" + folder.resolve("s"),
                "--nbd-server",
                "addr.type=unix,addr.path=" + source,
                "--export",
                "type=nbd,id=e0,node-name=src,writable=on,name=",
                "--chardev",
                "stdio,id=m",
                "--monitor",
                "chardev=m");
        try (NbdClient guest = NbdClient.connect(NbdClientConfig.unix(source, ""))) {
            daemon.outputWriter()
                    .append("{\"execute\":\"qmp_capabilities\"}\n")
                    .append("{\"execute\":\"blockdev-mirror\",\"arguments\":{\"job-id\":\"m\",\"device\":\"src\","
                            + "\"target\":\"dst\",\"sync\":\"full\",\"copy-mode\":\"write-blocking\"}}\n")
                    .flush();
            byte[] before = Files.readAllBytes(image);
            Tool.await("the whole disk to be copied", () -> java.util.Arrays.equals(before, disk.contents()));
            Random random = new Random(5);
            for (int i = 0; i < 50; i++) {
                byte[] data = new byte[512 * random.nextInt(1, 64)];
                random.nextBytes(data);
                guest.write(512L * random.nextInt((SIZE_BYTES - data.length) / 512), java.nio.ByteBuffer.wrap(data));
            }
            guest.writeZeroes(1 << 20, 1 << 20, NbdZeroMode.MAY_TRIM);
            guest.flush();
            // Write-blocking: what the guest's client has acknowledged must be here already.
            assertArrayEquals(Files.readAllBytes(image), disk.contents());
        } finally {
            daemon.destroy();
            daemon.waitFor(5, TimeUnit.SECONDS);
            Tool.end(daemon);
        }
    }

    private Path randomImage() throws IOException {
        byte[] bytes = new byte[SIZE_BYTES];
        Random random = new Random(42);
        for (int i = 0; i < 20; i++) {
            byte[] run = new byte[random.nextInt(1, 300_000)];
            random.nextBytes(run);
            System.arraycopy(run, 0, bytes, random.nextInt(SIZE_BYTES - run.length), run.length);
        }
        return Files.write(folder.resolve("image.raw"), bytes);
    }
}
