package io.tidemark.journal;

import io.tidemark.journal.file.StoreFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * The numbers of an extent index of one or many segments; {@code docs/format/journal.md} draws it. It consists of pages of 4 KiB that each
 * carry their checksum, so that it can be used without being read: header page, volume directory, and for each volume that was changed its
 * leaves, the levels of fences above them, and a coverage map.
 */
final class IndexPages {
    static final int PAGE_BYTES = 4096;
    private static final int READ_BYTES = 1 << 18;
    /** Of each page; what follows is its tail. */
    static final int CONTENT_BYTES = 4080;

    static final int COUNT_AT = 4080;
    static final int NUMBER_AT = 4084;
    static final int SEGMENT_AT = 4088;

    static final int MAGIC = 0x32584D54; // "TMX2"
    static final int VERSION = 1;
    static final int DIRECTORY_ENTRY_BYTES = 24;
    static final int DIRECTORY_ENTRIES = CONTENT_BYTES / DIRECTORY_ENTRY_BYTES;
    static final int LEAF_ENTRY_BYTES = 24;
    static final int LEAF_ENTRIES = CONTENT_BYTES / LEAF_ENTRY_BYTES;
    static final int FENCE_ENTRIES = CONTENT_BYTES / Long.BYTES;
    static final int COVERAGE_BITS = CONTENT_BYTES * Byte.SIZE;

    static final int LENGTH_BITS = 40;
    static final long LENGTH_MASK = (1L << LENGTH_BITS) - 1;

    private static final int MAX_COVERAGE_PAGES = 8;
    private static final int MIN_REGION_SHIFT = 16;

    private IndexPages() {}

    /**
     * What an index belongs to.
     *
     * @param firstSegment number of the oldest segment in it
     * @param lastSegment number of the newest
     */
    record Identity(UUID incarnation, long firstSegment, long lastSegment, long basePosition, long endPosition) {}

    static int directoryPages(int volumes) {
        return Math.ceilDiv(volumes, DIRECTORY_ENTRIES);
    }

    static int leafPages(long extents) {
        return Math.toIntExact(Math.ceilDiv(extents, LEAF_ENTRIES));
    }

    /** Pages of a map with one bit for each region of a volume. */
    static int coveragePages(long volumeBytes) {
        long wanted = Math.ceilDiv(volumeBytes >>> MIN_REGION_SHIFT, COVERAGE_BITS) + 1L;
        return (int) Math.min(MAX_COVERAGE_PAGES, wanted);
    }

    /** Length of a region, as a power of two. */
    static int regionShift(long volumeBytes, int coveragePages) {
        int shift = MIN_REGION_SHIFT;
        while (volumeBytes >>> shift >= (long) coveragePages * COVERAGE_BITS) {
            shift++;
        }
        return shift;
    }

    /** No index of one segment with so many extents is longer; without coverage maps. */
    static int maxPages(int volumes, int touchedVolumes, long extents) {
        long leaves = extents / LEAF_ENTRIES + touchedVolumes;
        long fences = leaves / FENCE_ENTRIES + 2L * touchedVolumes;
        return Math.toIntExact(1 + directoryPages(volumes) + leaves + fences);
    }

    /** Reads a part of a file and looks at none of it. @throws IOException if the disk cannot */
    static void readThrough(StoreFile file, long offset, long lengthBytes) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocate(READ_BYTES);
        for (long at = offset; at < offset + lengthBytes; at += READ_BYTES) {
            file.read(at, chunk.clear().limit((int) Math.min(READ_BYTES, offset + lengthBytes - at)));
        }
    }
}
