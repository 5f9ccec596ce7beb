package io.tidemark.tck.objects;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.objects.ObjectInfo;
import io.tidemark.spi.objects.ObjectPage;
import io.tidemark.spi.objects.ObjectSource;
import io.tidemark.spi.objects.ObjectStore;
import io.tidemark.spi.plugin.ConfigSpec;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Storing, reading, listing and deleting. What locks do is in {@link ObjectLockContract}. */
public abstract class ObjectStoreContract extends ObjectStoreFixture {
    private static final int WRITERS = 8;

    @Test
    void factoryDescribesItsSettings() {
        Set<String> names = new HashSet<>();
        for (ConfigSpec.Key key : subject().factory().configSpec().keys()) {
            assertTrue(names.add(key.name()), () -> "setting '" + key.name() + "' is declared twice");
            assertFalse(key.description().isBlank(), () -> "setting '" + key.name() + "' has no description");
        }
        assertTrue(names.containsAll(subject().config().values().keySet()), "the subject uses undeclared settings");
    }

    @Test
    void openedStoreIsHealthyAndSaysWhatItIs() throws Exception {
        store().checkHealth(deadline());
        assertFalse(store().description().isBlank());
        assertEquals(store().capabilities(), store().capabilities());
    }

    @Test
    void settingsThatDoNotFitAreRefusedWithAReason() {
        assertFalse(subject().refusedConfigs().isEmpty());
        assertAll(subject().refusedConfigs().stream()
                .map(config -> () -> assertRefused(
                        () -> subject()
                                .factory()
                                .open(config, subject().context(), deadline())
                                .close(),
                        FailureKind.REJECTED,
                        FailureKind.UNREACHABLE)));
    }

    @Test
    void aClosedStoreRefuses() throws Exception {
        ObjectStore closed = subject().open();
        closed.close();
        closed.close();
        FailureKind[] kinds = {FailureKind.UNREACHABLE, FailureKind.REJECTED, FailureKind.RETRY_LATER};
        ObjectSource source = ObjectSource.ofBytes(bytes(9, 20));
        assertRefused(() -> closed.checkHealth(deadline()), kinds);
        assertRefused(() -> closed.putIfAbsent(folder() + "late", source, Optional.empty(), deadline()), kinds);
        assertRefused(() -> closed.find(folder() + "late", deadline()), kinds);
        assertRefused(() -> closed.list("", Optional.empty(), 10, deadline()), kinds);
    }

    @Test
    void whatWasPutIsFoundAndRead() throws Exception {
        String key = folder() + "seg-0001.cdj";
        byte[] bytes = bytes(100_003, 1);
        ObjectInfo put = put(key, bytes);
        assertEquals(key, put.key());
        assertEquals(bytes.length, put.sizeBytes());
        ObjectInfo found = found(key);
        assertEquals(put.version(), found.version());
        assertEquals(bytes.length, found.sizeBytes());
        assertArrayEquals(bytes, copy(found));
        for (int[] range : new int[][] {{0, 1}, {0, 100_003}, {99_999, 4}, {4_096, 65_536}, {100_003, 0}}) {
            ByteBuffer into = ByteBuffer.allocate(range[1]);
            store().read(found, range[0], into, deadline());
            assertArrayEquals(Arrays.copyOfRange(bytes, range[0], range[0] + range[1]), into.array());
        }
    }

    @Test
    void anEmptyObjectIsAnObject() throws Exception {
        String key = folder() + "empty";
        put(key, new byte[0]);
        assertEquals(0, found(key).sizeBytes());
        assertHolds(key, new byte[0]);
    }

    @Test
    void readingOutsideOfTheObjectIsRejected() throws Exception {
        ObjectInfo object = put(folder() + "short", bytes(10, 2));
        for (long[] range : new long[][] {{0, 11}, {10, 1}, {-1, 1}, {1L << 40, 1}}) {
            assertRefused(
                    () -> store().read(object, range[0], ByteBuffer.allocate((int) range[1]), deadline()),
                    FailureKind.REJECTED);
        }
    }

    @Test
    void nothingIsFoundWhereNothingIs() throws Exception {
        String folder = folder();
        ObjectInfo gone = put(folder + "gone", bytes(3, 3));
        store().delete(gone.key(), deadline());
        assertEquals(Optional.empty(), store().find(gone.key(), deadline()));
        assertEquals(Optional.empty(), store().find(folder + "never", deadline()));
        assertRefused(() -> store().read(gone, 0, ByteBuffer.allocate(1), deadline()), FailureKind.CONFLICT);
        assertRefused(() -> store().copyTo(gone, OutputStream.nullOutputStream(), deadline()), FailureKind.CONFLICT);
    }

    @Test
    void aKeyIsTakenOnce() throws Exception {
        String key = folder() + "checkpoint-7";
        byte[] first = bytes(1000, 4);
        ObjectInfo put = put(key, first);
        ObjectInfo again = assertDoesNotThrow(() -> put(key, first), "the same bytes again are no conflict");
        assertEquals(put.version(), again.version());
        assertRefused(() -> put(key, bytes(1000, 5)), FailureKind.CONFLICT);
        assertHolds(key, first);
    }

    @Test
    void ofManyWhoPutAtOnceOneWins() throws Exception {
        String key = folder() + "contended";
        List<Callable<Integer>> calls = new ArrayList<>();
        for (int i = 0; i < WRITERS; i++) {
            int writer = i;
            calls.add(() -> {
                put(key, bytes(5000, 100 + writer));
                return writer;
            });
        }
        List<Integer> winners = race(calls).stream().flatMap(Optional::stream).toList();
        assertEquals(1, winners.size(), () -> "winners: " + winners);
        assertHolds(key, bytes(5000, 100 + winners.getFirst()));
    }

    @Test
    void aVersionIsReplacedOnce() throws Exception {
        String key = folder() + "manifest";
        ObjectInfo first = put(key, bytes(100, 6));
        ObjectInfo second = assertDoesNotThrow(
                () -> store().putIfMatch(key, ObjectSource.ofBytes(bytes(120, 7)), first.version(), deadline()),
                "the version is there");
        assertNotEquals(first.version(), second.version());
        assertHolds(key, bytes(120, 7));
        assertRefused(
                () -> store().putIfMatch(key, ObjectSource.ofBytes(bytes(90, 8)), first.version(), deadline()),
                FailureKind.CONFLICT);
        assertEquals(
                second.version(),
                store().putIfMatch(key, ObjectSource.ofBytes(bytes(120, 7)), first.version(), deadline())
                        .version(),
                "the same replacement again is no conflict");
        assertRefused(
                () -> store().putIfMatch(key + "-free", ObjectSource.ofBytes(bytes(9, 9)), first.version(), deadline()),
                FailureKind.CONFLICT);
        assertRefused(() -> store().read(first, 0, ByteBuffer.allocate(1), deadline()), FailureKind.CONFLICT);
        assertRefused(() -> store().copyTo(first, OutputStream.nullOutputStream(), deadline()), FailureKind.CONFLICT);
    }

    @Test
    void ofManyWhoReplaceAVersionAtOnceOneWins() throws Exception {
        String key = folder() + "contended";
        String version = put(key, bytes(64, 10)).version();
        List<Callable<Integer>> calls = new ArrayList<>();
        for (int i = 0; i < WRITERS; i++) {
            int writer = i;
            calls.add(() -> {
                store().putIfMatch(key, ObjectSource.ofBytes(bytes(64, 200 + writer)), version, deadline());
                return writer;
            });
        }
        List<Integer> winners = race(calls).stream().flatMap(Optional::stream).toList();
        assertEquals(1, winners.size(), () -> "winners: " + winners);
        assertHolds(key, bytes(64, 200 + winners.getFirst()));
    }

    @Test
    void aLargeObjectIsAsGoodAsASmallOne() throws Exception {
        String key = folder() + "base-chunk";
        byte[] bytes = bytes(subject().largeObjectBytes(), 11);
        ObjectInfo put = put(key, bytes);
        assertEquals(bytes.length, put.sizeBytes());
        assertHolds(key, bytes);
        ByteBuffer middle = ByteBuffer.allocate(70_000);
        store().read(put, bytes.length / 2 - 35_000, middle, deadline());
        int from = bytes.length / 2 - 35_000;
        assertArrayEquals(Arrays.copyOfRange(bytes, from, from + 70_000), middle.array());
        assertEquals(put.version(), put(key, bytes).version());
        bytes[bytes.length - 1]++;
        assertRefused(() -> put(key, bytes), FailureKind.CONFLICT);
        ObjectInfo replaced = store().putIfMatch(key, ObjectSource.ofBytes(bytes), put.version(), deadline());
        assertNotEquals(put.version(), replaced.version());
        assertHolds(key, bytes);
    }

    @Test
    void aPutWhoseSourceFailsStoresNothing() throws Exception {
        for (int length : new int[] {50_000, subject().largeObjectBytes()}) {
            String key = folder() + "half";
            byte[] good = bytes(length / 2, 12);
            InputStream broken = new InputStream() {
                @Override
                public int read() throws IOException {
                    throw new IOException("the disk is broken");
                }

                @Override
                public int read(byte[] into, int offset, int length) throws IOException {
                    return read();
                }
            };
            ObjectSource source = source(length, new SequenceInputStream(new ByteArrayInputStream(good), broken));
            assertRefused(() -> store().putIfAbsent(key, source, Optional.empty(), deadline()), FailureKind.REJECTED);
            ObjectSource liar = source(length, new ByteArrayInputStream(good));
            assertRefused(() -> store().putIfAbsent(key, liar, Optional.empty(), deadline()), FailureKind.REJECTED);
            assertEquals(Optional.empty(), store().find(key, deadline()));
        }
    }

    /** A store may read a source more than once; whichever time fails, it must not keep what it took for the put. */
    @Test
    void sourcesThatFailLaterUseNothingUp() throws Exception {
        String folder = folder();
        byte[] bytes = bytes(subject().largeObjectBytes(), 21);
        for (int round = 0; round < 8; round++) {
            AtomicInteger opened = new AtomicInteger();
            ObjectSource source = new ObjectSource() {
                @Override
                public long sizeBytes() {
                    return bytes.length;
                }

                @Override
                public InputStream open() {
                    int length = opened.getAndIncrement() == 0 ? bytes.length : bytes.length - 1000;
                    return new ByteArrayInputStream(bytes, 0, length);
                }
            };
            String key = folder + round;
            try {
                store().putIfAbsent(key, source, Optional.empty(), deadline());
                assertHolds(key, bytes);
            } catch (ProviderException refused) {
                assertEquals(FailureKind.REJECTED, refused.kind());
                assertEquals(Optional.empty(), store().find(key, deadline()));
            }
        }
        put(folder + "good", bytes);
        assertHolds(folder + "good", bytes);
    }

    private static ObjectSource source(long sizeBytes, InputStream stream) {
        return new ObjectSource() {
            @Override
            public long sizeBytes() {
                return sizeBytes;
            }

            @Override
            public InputStream open() {
                return stream;
            }
        };
    }

    @Test
    void listingIsCompleteAndInOrder() throws Exception {
        String folder = folder();
        List<String> keys = new ArrayList<>();
        for (String name : List.of("a", "a-b", "a.b", "a/b", "a/b/c", "a=b", "aB", "ab", "a_b", "b", "A", "0")) {
            // A store may not let "a" be an object and a folder at once; names here have an end of their own.
            keys.add(folder + name + ".x");
            put(folder + name + ".x", bytes(name.length(), 13));
        }
        keys.sort(String::compareTo);
        for (int pageSize : new int[] {1, 3, keys.size(), 1000}) {
            assertEquals(keys, keys(folder, pageSize), "pages of " + pageSize);
        }
        assertEquals(keys.stream().filter(key -> key.startsWith(folder + "a/")).toList(), keys(folder + "a/", 2));
        assertEquals(keys.stream().filter(key -> key.startsWith(folder + "a")).toList(), keys(folder + "a", 2));
        assertEquals(List.of(), keys(folder + "none", 10));
        ObjectPage behind = store().list(folder, Optional.of(keys.get(3)), 1000, deadline());
        assertEquals(
                keys.subList(4, keys.size()),
                behind.objects().stream().map(ObjectInfo::key).toList());
        ObjectInfo listed = behind.objects().getFirst();
        assertEquals(found(listed.key()).version(), listed.version());
        assertEquals(found(listed.key()).sizeBytes(), listed.sizeBytes());
        for (int limit : new int[] {0, 1001}) {
            assertRefused(() -> store().list(folder, Optional.empty(), limit, deadline()), FailureKind.REJECTED);
        }
    }

    @Test
    void listingShowsPutsAndDeletesAtOnce() throws Exception {
        String folder = folder();
        for (int i = 0; i < 5; i++) {
            put(folder + i, bytes(1, i));
            assertEquals(i + 1, keys(folder, 1000).size());
        }
        store().delete(folder + "2", deadline());
        assertEquals(List.of(folder + "0", folder + "1", folder + "3", folder + "4"), keys(folder, 2));
    }

    @Test
    void deletingFreesTheKeyAndNoOther() throws Exception {
        String folder = folder();
        ObjectInfo first = put(folder + "key", bytes(10, 14));
        store().putIfMatch(first.key(), ObjectSource.ofBytes(bytes(11, 15)), first.version(), deadline());
        put(folder + "key2", bytes(12, 16));
        store().delete(folder + "key", deadline());
        assertEquals(Optional.empty(), store().find(folder + "key", deadline()), "an older version shows");
        store().delete(folder + "key", deadline());
        assertHolds(folder + "key2", bytes(12, 16));
        put(folder + "key", bytes(13, 17));
        assertHolds(folder + "key", bytes(13, 17));
    }

    @Test
    void keysThatAreNoneAreRejected() {
        for (String key : List.of("", "/a", "a/", "a//b", "a/../b", "./a", "a b", "ä", "a\n", "x".repeat(513))) {
            assertRefused(() -> put(key, bytes(1, 18)), FailureKind.REJECTED);
            assertRefused(() -> store().find(key, deadline()), FailureKind.REJECTED);
            assertRefused(() -> store().delete(key, deadline()), FailureKind.REJECTED);
        }
    }

    @Test
    void bytesThatChangedInTheStoreAreFoundOut() throws Exception {
        ObjectInfo object = put(folder() + "rotten", bytes(10_000, 19));
        if (subject().corrupter().isEmpty()) {
            // The stored bytes of this peer cannot be reached: what is left to see is that intact ones come back.
            assertHolds(object.key(), bytes(10_000, 19));
            return;
        }
        subject().corrupter().get().corrupt(object.key());
        assertRefused(() -> copy(found(object.key())), FailureKind.CORRUPT);
    }
}
