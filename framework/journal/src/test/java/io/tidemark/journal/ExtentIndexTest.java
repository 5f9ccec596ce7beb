package io.tidemark.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.journal.batch.RecordType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Extent tables, merged walks and mapped indexes against an array that says for each byte where its newest version is. */
final class ExtentIndexTest {
    private static final int SIZE = 4_000;
    private static final UUID INCARNATION = new UUID(1, 2);
    private static final MappedIndex.Owner NOBODY = cause -> {};

    /** Random records of one segment, into a log and into the array. */
    private static RecordLog.Snapshot records(Random random, long segment, int count, long[][] naive) {
        RecordLog log = new RecordLog(segment, 100);
        for (int i = 0; i < count; i++) {
            int start = random.nextInt(SIZE);
            int length = 1 + random.nextInt(Math.min(200, SIZE - start));
            boolean zero = random.nextInt(5) == 0;
            int raw = random.nextInt(1 << 20);
            long batch = (1L + random.nextInt(10)) * 4096;
            log.add(zero ? RecordType.TRIM_CODE : RecordType.WRITE_CODE, 0, start, length, batch, raw);
            for (int at = start; at < start + length; at++) {
                naive[at] = new long[] {segment, zero ? -1 : batch, zero ? -1 : raw + at - start};
            }
        }
        return log.before(100 + count);
    }

    private static void assertSame(long[][] naive, ExtentLayer layer, int from) {
        ExtentCursor cursor = layer.from(from);
        boolean more = cursor.next();
        for (int at = from; at < SIZE; at++) {
            while (more && cursor.end() <= at) {
                more = cursor.next();
            }
            boolean covered = more && cursor.start() <= at;
            if (naive[at] == null) {
                assertFalse(covered, "byte " + at);
                continue;
            }
            assertTrue(covered, "byte " + at);
            assertTrue(layer.mayTouch(at, at + 1));
            assertEquals(naive[at][1] < 0, ExtentCursor.isZero(cursor.place()));
            if (naive[at][1] >= 0) {
                long place = ExtentCursor.placeAfter(cursor.place(), at - cursor.start());
                assertEquals(naive[at][0], cursor.segment());
                assertEquals(naive[at][1], (place >>> 32) * 4096);
                assertEquals(naive[at][2], place & 0xFFFF_FFFFL);
            }
        }
    }

    private static byte[] written(ExtentCursor extents, long first, long last, boolean coverage) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(4 << 20);
        IndexWriter writer = new IndexWriter(
                (page, pages) -> bytes.put((int) page * 4096, pages, 0, pages.limit()),
                new IndexPages.Identity(INCARNATION, first, last, 5, 9),
                3);
        writer.add(1, extents, SIZE, coverage);
        return Arrays.copyOf(bytes.array(), writer.finish() * 4096);
    }

    private static MappedIndex mapped(byte[] bytes, long first, long last) {
        return new MappedIndex(
                MemorySegment.ofArray(bytes),
                new IndexPages.Identity(INCARNATION, first, last, 5, 9),
                3,
                "test",
                NOBODY);
    }

    @Test
    void tablesMergesAndIndexesEqualTheArray() {
        Seeds.check(60, random -> {
            long[][] naive = new long[SIZE][];
            List<ExtentLayer> layers = new ArrayList<>();
            for (int segment = 7; segment < 7 + 1 + random.nextInt(4); segment++) {
                long[][] own = new long[SIZE][];
                ExtentTable table = ExtentTable.of(records(random, segment, random.nextInt(120), own), 0);
                assertSame(own, table, random.nextInt(SIZE));
                for (int i = 0; i < SIZE; i++) {
                    naive[i] = own[i] != null ? own[i] : naive[i];
                }
                layers.add(mapped(written(table.from(0), segment, segment, random.nextBoolean()), segment, segment)
                        .layer(1));
            }
            ExtentCursor merged = layers.getFirst().from(0);
            for (ExtentLayer newer : layers.subList(1, layers.size())) {
                merged = new MergedExtents(newer.from(0), merged);
            }
            MappedIndex index = mapped(written(merged, 7, 12, true), 7, 12);
            assertSame(naive, index.layer(1), 0);
            assertSame(naive, index.layer(1), random.nextInt(SIZE));
            assertFalse(index.layer(0).mayTouch(0, SIZE));
            assertFalse(index.layer(2).from(0).next());
        });
    }

    /** Several levels of fences, and ranges longer than the length of an entry can say. */
    @Test
    void largeIndexesAreSearched() throws IOException {
        int count = 300_000;
        ExtentCursor spread = new ExtentCursor() {
            private long at = -1;

            @Override
            public boolean next() {
                return ++at <= count;
            }

            @Override
            public long start() {
                return at * 1000;
            }

            @Override
            public long end() {
                return at < count ? at * 1000 + 10 : at * 1000 + (5L << 40);
            }

            @Override
            public long segment() {
                return 7 + at % 5;
            }

            @Override
            public long place() {
                return at < count ? at << 32 : ZERO;
            }
        };
        long size = count * 1000L + (5L << 40);
        ByteBuffer bytes = ByteBuffer.allocate(16 << 20);
        IndexWriter writer = new IndexWriter(
                (page, pages) -> bytes.put((int) page * 4096, pages, 0, pages.limit()),
                new IndexPages.Identity(INCARNATION, 7, 12, 5, 9),
                3);
        writer.add(1, spread, size, true);
        MappedIndex index = mapped(Arrays.copyOf(bytes.array(), writer.finish() * 4096), 7, 12);
        ExtentLayer layer = index.layer(1);
        Random random = new Random(3);
        for (int i = 0; i < 20_000; i++) {
            long n = random.nextInt(count);
            ExtentCursor found = layer.from(n * 1000 + random.nextInt(10));
            assertTrue(found.next());
            assertEquals(n * 1000, found.start());
            assertEquals(n, found.place() >>> 32);
            assertEquals(7 + n % 5, found.segment());
            found = layer.from(n * 1000 + 10);
            assertTrue(found.next());
            assertEquals((n + 1) * 1000, found.start());
        }
        ExtentCursor zeroes = layer.from(size - 1);
        assertTrue(zeroes.next());
        assertEquals(size, zeroes.end());
        assertTrue(ExtentCursor.isZero(zeroes.place()));
        assertTrue(layer.mayTouch(size - 2, size - 1));
        assertFalse(zeroes.next());
    }

    @Test
    void everyFlippedBitIsNoticed() throws IOException {
        Random random = new Random(4);
        ExtentTable table = ExtentTable.of(records(random, 7, 500, new long[SIZE][]), 0);
        byte[] bytes = written(table.from(0), 7, 7, true);
        for (int i = 0; i < 2_000; i++) {
            byte[] damaged = bytes.clone();
            damaged[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            assertThrows(DamagedIndexException.class, () -> walk(mapped(damaged, 7, 7)));
        }
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        assertThrows(DamagedIndexException.class, () -> mapped(bytes, 8, 8));
    }

    private static void walk(MappedIndex index) {
        ExtentLayer layer = index.layer(1);
        assertTrue(layer.mayTouch(0, SIZE));
        for (int at = 0; at < SIZE; at += 10) {
            layer.from(at).next();
        }
        ExtentCursor all = layer.from(0);
        while (all.next()) {
            assertTrue(all.start() < all.end());
        }
    }
}
