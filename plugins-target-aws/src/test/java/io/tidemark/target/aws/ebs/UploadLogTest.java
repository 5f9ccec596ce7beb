package io.tidemark.target.aws.ebs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class UploadLogTest {
    private static final int BLOCKS = 40_000;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    private static byte[] hash(int index) {
        return Blocks.hash(new byte[] {(byte) index, (byte) (index >> 8)});
    }

    @Test
    void theNextProcessKnowsWhatThisOneDid() throws Exception {
        List<Integer> indices = List.of(39_999, 0, 17, 20_000);
        String nonce;
        try (UploadLog log = UploadLog.begin(folder, "key", "owner", BLOCKS, Optional.of("snap-1"))) {
            nonce = log.nonce();
            log.setSnapshot("snap-2");
            for (int index : indices) {
                log.put(index, hash(index));
            }
        }
        try (UploadLog log = UploadLog.find(folder, "key", BLOCKS).orElseThrow()) {
            assertEquals(nonce, log.nonce());
            assertEquals(Optional.of("snap-1"), log.base());
            assertEquals(Optional.of("snap-2"), log.snapshot());
            assertFalse(log.sealing());
            assertEquals(4, log.count());
            indices.forEach(index -> assertTrue(log.has(index)));
            assertFalse(log.has(1));
            MessageDigest all = Blocks.sha256();
            indices.stream().sorted().forEach(index -> all.update(hash(index)));
            assertArrayEquals(all.digest(), log.aggregate());
            log.setSealing();
        }
        try (UploadLog log = UploadLog.find(folder, "key", BLOCKS).orElseThrow()) {
            assertTrue(log.sealing());
        }
    }

    @Test
    void aTornSlotIsNotBelieved() throws Exception {
        try (UploadLog log = UploadLog.begin(folder, "key", "owner", BLOCKS, Optional.empty())) {
            log.put(5, hash(5));
            log.put(6, hash(6));
        }
        try (RandomAccessFile slots =
                new RandomAccessFile(folder.resolve("key.slots").toFile(), "rw")) {
            slots.seek(6 * 36 + 3);
            slots.write(slots.read() + 1);
            slots.setLength(7 * 36 - 2);
        }
        try (UploadLog log = UploadLog.find(folder, "key", BLOCKS).orElseThrow()) {
            assertTrue(log.has(5));
            assertFalse(log.has(6));
            assertEquals(1, log.count());
        }
    }

    @Test
    void slotsOfAnEarlierUploadAreNotBelieved() throws Exception {
        String before;
        byte[] stale;
        try (UploadLog log = UploadLog.begin(folder, "key", "owner", BLOCKS, Optional.empty())) {
            before = log.nonce();
            log.put(5, hash(5));
        }
        stale = Files.readAllBytes(folder.resolve("key.slots"));
        try (UploadLog log = UploadLog.begin(folder, "key", "owner", BLOCKS, Optional.empty())) {
            assertNotEquals(before, log.nonce());
        }
        Files.write(folder.resolve("key.slots"), stale);
        try (UploadLog log = UploadLog.find(folder, "key", BLOCKS).orElseThrow()) {
            assertEquals(0, log.count());
        }
    }

    @Test
    void aVolumeOfAnotherSizeIsAnotherUpload() throws Exception {
        UploadLog.begin(folder, "key", "owner", BLOCKS, Optional.empty()).close();
        assertEquals(Optional.empty(), UploadLog.find(folder, "key", BLOCKS + 1));
        assertEquals(Optional.empty(), UploadLog.find(folder, "key", BLOCKS));
    }

    @Test
    void anOwnersUploadsAreForgottenTogether() throws Exception {
        UploadLog.begin(folder, "a", "one", BLOCKS, Optional.empty()).close();
        UploadLog.begin(folder, "b", "two", BLOCKS, Optional.empty()).close();
        UploadLog.begin(folder, "c", "one", BLOCKS, Optional.empty()).close();
        UploadLog.forgetAll(folder, "one");
        assertEquals(Optional.empty(), UploadLog.find(folder, "a", BLOCKS));
        assertEquals(Optional.empty(), UploadLog.find(folder, "c", BLOCKS));
        try (UploadLog kept = UploadLog.find(folder, "b", BLOCKS).orElseThrow()) {
            assertEquals(0, kept.count());
        }
        UploadLog.forget(folder, "b");
        try (var left = Files.list(folder)) {
            assertEquals(0, left.count());
        }
        UploadLog.forgetAll(folder.resolve("none"), "one");
    }
}
