package io.tidemark.journal;

import io.tidemark.journal.batch.BatchFormat;
import io.tidemark.journal.file.StoreFile;
import io.tidemark.journal.file.StoreFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The checksums of a base image, one for each 4 KiB of the volume; 0 where it is not known. Pages like those of an index, in a sparse file. Any
 * thread reads; the thread that folds writes.
 */
final class BaseSums {
    /** What one checksum covers. */
    static final int UNIT_BYTES = 4096;

    private static final int PAGE_BYTES = IndexPages.PAGE_BYTES;
    private static final int PER_PAGE = IndexPages.CONTENT_BYTES / Integer.BYTES;
    private static final int CACHE_BYTES = 256 << 10;
    private static final int[] UNKNOWN = new int[PER_PAGE];

    private final StoreFile file;
    private final int volumeIndex;
    private final WeightedCache<Long, int[]> pages = new WeightedCache<>(CACHE_BYTES);

    private BaseSums(StoreFile file, int volumeIndex) {
        this.file = file;
        this.volumeIndex = volumeIndex;
    }

    /** Opens the file; makes one in which nothing is known where there is none, as in a journal of an older version. */
    static BaseSums open(StoreFiles files, Path path, int volumeIndex, long volumeBytes) throws IOException {
        if (!files.exists(path)) {
            Path temporary = JournalLayout.temporary(path);
            if (files.exists(temporary)) {
                files.delete(temporary);
            }
            try (StoreFile made = files.create(temporary)) {
                made.extendSparsely(pageOf(Math.ceilDiv(volumeBytes, UNIT_BYTES)) * PAGE_BYTES + PAGE_BYTES);
                made.sync();
            }
            WholeFile.install(files, path);
        }
        return new BaseSums(files.open(path), volumeIndex);
    }

    private static long pageOf(long unit) {
        return unit / PER_PAGE;
    }

    /** The checksum of some bytes, as it is kept: never 0. */
    static int of(ByteBuffer bytes, int from, int lengthBytes) {
        int crc = BatchFormat.crc(bytes, from, lengthBytes);
        return crc == 0 ? 1 : crc;
    }

    /** The checksum of a unit; 0 if it is not known. */
    int get(long unit) throws IOException {
        return page(pageOf(unit))[(int) (unit % PER_PAGE)];
    }

    private int[] page(long number) throws IOException {
        int[] known = pages.get(number).orElse(null);
        if (known == null) {
            known = read(number);
            pages.put(number, known, PAGE_BYTES);
        }
        return known;
    }

    /** Nothing is known from a page that is not intact. */
    private int[] read(long number) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(PAGE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        if ((number + 1) * PAGE_BYTES > file.lengthBytes()) {
            return UNKNOWN;
        }
        file.read(number * PAGE_BYTES, bytes);
        bytes.flip();
        boolean intact = Checksum.matches(bytes)
                && bytes.getInt(IndexPages.NUMBER_AT) == (int) number
                && bytes.getInt(IndexPages.SEGMENT_AT) == volumeIndex;
        if (!intact) {
            return UNKNOWN;
        }
        int[] sums = new int[PER_PAGE];
        bytes.asIntBuffer().get(sums);
        return sums;
    }

    /** Checksums that change together. */
    static final class Changes {
        private long[] units = new long[256];
        private int[] sums = new int[256];
        private int size;

        /** @param unit larger than the one before */
        void put(long unit, int sum) {
            if (size == units.length) {
                units = Arrays.copyOf(units, size * 2);
                sums = Arrays.copyOf(sums, size * 2);
            }
            units[size] = unit;
            sums[size++] = sum;
        }
    }

    /** Writes changed checksums, durably. */
    void write(Changes changes) throws IOException {
        for (int i = 0; i < changes.size; ) {
            long number = pageOf(changes.units[i]);
            int[] sums = read(number).clone();
            for (; i < changes.size && pageOf(changes.units[i]) == number; i++) {
                sums[(int) (changes.units[i] % PER_PAGE)] = changes.sums[i];
            }
            ByteBuffer bytes = ByteBuffer.allocate(PAGE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asIntBuffer().put(sums);
            bytes.putInt(IndexPages.COUNT_AT, PER_PAGE);
            bytes.putInt(IndexPages.NUMBER_AT, (int) number);
            bytes.putInt(IndexPages.SEGMENT_AT, volumeIndex);
            Checksum.seal(bytes);
            file.write(number * PAGE_BYTES, bytes);
            pages.put(number, sums, PAGE_BYTES);
        }
        file.sync();
    }

    void close() throws IOException {
        file.close();
    }
}
