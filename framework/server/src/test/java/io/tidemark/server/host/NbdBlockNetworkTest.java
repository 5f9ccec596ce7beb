package io.tidemark.server.host;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExport;
import io.tidemark.spi.block.ZeroCause;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NbdBlockNetworkTest {
    @TempDir
    Path folder;

    @Test
    void exportedDeviceIsReachedThroughItsSocket() throws IOException {
        MemoryDevice device = new MemoryDevice(1 << 20);
        byte[] data = new byte[70_000];
        new Random(7).nextBytes(data);
        try (NbdBlockNetwork network = NbdBlockNetwork.open(folder);
                BlockExport export = network.export("vm one/vda", device);
                BlockDevice remote = network.connect(export.address())) {
            assertEquals(1 << 20, remote.sizeBytes());
            remote.write(4_096, ByteBuffer.wrap(data));
            remote.flush();
            assertArrayEquals(data, Arrays.copyOfRange(device.bytes, 4_096, 4_096 + data.length));
            remote.writeZeroes(4_096, 8_192, ZeroCause.TRIM);
            ByteBuffer read = ByteBuffer.allocate(data.length);
            remote.read(4_096, read);
            byte[] expected = data.clone();
            Arrays.fill(expected, 0, 8_192, (byte) 0);
            assertArrayEquals(expected, read.array());
            assertEquals(1, export.connections());
        }
    }

    @Test
    void exportsHaveSocketsOfTheirOwnThatVanishWithThem() throws IOException {
        try (NbdBlockNetwork network = NbdBlockNetwork.open(folder)) {
            BlockExport first = network.export("same", new MemoryDevice(4_096));
            BlockExport second = network.export("same", new MemoryDevice(8_192));
            assertFalse(first.address().socket().equals(second.address().socket()));
            assertEquals(
                    "rwx--x--x",
                    PosixFilePermissions.toString(Files.getPosixFilePermissions(
                            first.address().socket().getParent())));
            first.close();
            assertFalse(Files.exists(first.address().socket()));
            assertThrows(IOException.class, () -> network.connect(first.address()));
            try (BlockDevice remote = network.connect(second.address())) {
                assertEquals(8_192, remote.sizeBytes());
            }
        }
        assertFalse(Files.exists(folder.resolve("run")), "nothing is left behind");
    }

    @Test
    void longDataFolderStillGivesShortSockets() throws IOException {
        Path deep = Files.createDirectories(folder.resolve("x".repeat(120)));
        try (NbdBlockNetwork network = NbdBlockNetwork.open(deep);
                BlockExport export = network.export("v".repeat(200), new MemoryDevice(4_096));
                BlockDevice remote = network.connect(export.address())) {
            assertTrue(export.address().socket().toString().length() < 108);
            assertEquals(4_096, remote.sizeBytes());
        }
    }

    private static final class MemoryDevice implements BlockDevice {
        private final byte[] bytes;

        MemoryDevice(int size) {
            bytes = new byte[size];
        }

        @Override
        public long sizeBytes() {
            return bytes.length;
        }

        @Override
        public boolean readOnly() {
            return false;
        }

        @Override
        public synchronized void read(long offset, ByteBuffer into) {
            into.put(bytes, (int) offset, into.remaining());
        }

        @Override
        public synchronized void write(long offset, ByteBuffer data) {
            data.get(bytes, (int) offset, data.remaining());
        }

        @Override
        public synchronized void writeZeroes(long offset, long lengthBytes, ZeroCause cause) {
            Arrays.fill(bytes, (int) offset, (int) (offset + lengthBytes), (byte) 0);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }
}
