package io.tidemark.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Writes an extent index, page after page, from walks over its volumes; needs a few hundred KiB whatever its size. Used once by one thread. */
final class IndexWriter {
    /** Where pages go. */
    interface Sink {
        /** @param pages starts at 0; the sink may change its position but not keep it */
        void put(long firstPage, ByteBuffer pages) throws IOException;
    }

    private static final int CHUNK_PAGES = 64;
    private static final byte[] ZEROES = new byte[IndexPages.PAGE_BYTES];

    private final Sink sink;
    private final IndexPages.Identity identity;
    private final int volumes;
    private final ByteBuffer directory;
    private final ByteBuffer chunk;
    private long chunkFirstPage;
    private int nextPage;
    private long[] keys = new long[64];

    IndexWriter(Sink sink, IndexPages.Identity identity, int volumes) {
        this.sink = sink;
        this.identity = identity;
        this.volumes = volumes;
        this.directory = pages(1 + IndexPages.directoryPages(volumes));
        this.chunk = pages(CHUNK_PAGES);
        this.nextPage = 1 + IndexPages.directoryPages(volumes);
        this.chunkFirstPage = nextPage;
    }

    private static ByteBuffer pages(int count) {
        return ByteBuffer.allocate(count * IndexPages.PAGE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Writes the extents of a volume; one that is never given was not changed. */
    void add(int volume, ExtentCursor extents, long volumeBytes, boolean withCoverage) throws IOException {
        int firstPage = nextPage;
        int coveragePages = withCoverage ? IndexPages.coveragePages(volumeBytes) : 0;
        int regionShift = IndexPages.regionShift(volumeBytes, Math.max(1, coveragePages));
        byte[] coverage = new byte[coveragePages * IndexPages.CONTENT_BYTES];
        long count = leaves(extents, coverage, regionShift);
        if (count == 0) {
            return;
        }
        fences(IndexPages.leafPages(count));
        for (int i = 0; i < coveragePages; i++) {
            int at = page();
            chunk.put(at, coverage, i * IndexPages.CONTENT_BYTES, IndexPages.CONTENT_BYTES);
            sealPage(IndexPages.CONTENT_BYTES);
        }
        int entry = (1 + volume / IndexPages.DIRECTORY_ENTRIES) * IndexPages.PAGE_BYTES
                + volume % IndexPages.DIRECTORY_ENTRIES * IndexPages.DIRECTORY_ENTRY_BYTES;
        directory.putLong(entry, count);
        directory.putInt(entry + 8, firstPage);
        directory.putInt(entry + 12, coveragePages);
        directory.putInt(entry + 16, regionShift);
    }

    private long leaves(ExtentCursor extents, byte[] coverage, int regionShift) throws IOException {
        long count = 0;
        int inPage = 0;
        int at = 0;
        while (extents.next()) {
            cover(coverage, extents.start() >>> regionShift, (extents.end() - 1) >>> regionShift);
            long start = extents.start();
            while (start < extents.end()) {
                // A length has 40 bits; only zeroes can be longer.
                long length = Math.min(extents.end() - start, IndexPages.LENGTH_MASK);
                if (inPage == 0) {
                    at = page();
                    addKey(Math.toIntExact(count / IndexPages.LEAF_ENTRIES), start);
                }
                int entry = at + inPage * IndexPages.LEAF_ENTRY_BYTES;
                chunk.putLong(entry, start);
                chunk.putLong(
                        entry + 8, (extents.segment() - identity.firstSegment()) << IndexPages.LENGTH_BITS | length);
                chunk.putLong(entry + 16, ExtentCursor.placeAfter(extents.place(), start - extents.start()));
                count++;
                inPage++;
                start += length;
                if (inPage == IndexPages.LEAF_ENTRIES) {
                    sealPage(inPage);
                    inPage = 0;
                }
            }
        }
        if (inPage > 0) {
            sealPage(inPage);
        }
        return count;
    }

    private static void cover(byte[] coverage, long first, long last) {
        if (coverage.length > 0) {
            for (long region = first; region <= last; region++) {
                coverage[(int) (region >>> 3)] |= (byte) (1 << (region & 7));
            }
        }
    }

    private void addKey(int index, long key) {
        if (index == keys.length) {
            keys = Arrays.copyOf(keys, keys.length * 2);
        }
        keys[index] = key;
    }

    /** The levels above so many pages whose first starts are the keys; the topmost has one page. */
    private void fences(int pagesBelow) throws IOException {
        int below = pagesBelow;
        while (below > 1) {
            int pages = Math.ceilDiv(below, IndexPages.FENCE_ENTRIES);
            for (int i = 0; i < pages; i++) {
                int first = i * IndexPages.FENCE_ENTRIES;
                int count = Math.min(IndexPages.FENCE_ENTRIES, below - first);
                int at = page();
                for (int k = 0; k < count; k++) {
                    chunk.putLong(at + k * Long.BYTES, keys[first + k]);
                }
                sealPage(count);
                keys[i] = keys[first];
            }
            below = pages;
        }
    }

    /** Where in the chunk the next page is; zeroed. */
    private int page() throws IOException {
        if (nextPage - chunkFirstPage == CHUNK_PAGES) {
            flush();
        }
        int at = (int) (nextPage - chunkFirstPage) * IndexPages.PAGE_BYTES;
        chunk.put(at, ZEROES);
        return at;
    }

    private void sealPage(int count) {
        int at = (int) (nextPage - chunkFirstPage) * IndexPages.PAGE_BYTES;
        seal(chunk, at, count, nextPage);
        nextPage++;
    }

    private void seal(ByteBuffer pages, int at, int count, int number) {
        pages.putInt(at + IndexPages.COUNT_AT, count);
        pages.putInt(at + IndexPages.NUMBER_AT, number);
        pages.putInt(at + IndexPages.SEGMENT_AT, (int) identity.firstSegment());
        Checksum.seal(pages.slice(at, IndexPages.PAGE_BYTES).order(ByteOrder.LITTLE_ENDIAN));
    }

    private void flush() throws IOException {
        int pages = (int) (nextPage - chunkFirstPage);
        if (pages > 0) {
            sink.put(chunkFirstPage, chunk.slice(0, pages * IndexPages.PAGE_BYTES));
        }
        chunkFirstPage = nextPage;
    }

    /** Writes what is left, and header and directory last. @return the length in pages */
    int finish() throws IOException {
        flush();
        directory.putInt(0, IndexPages.MAGIC).putInt(4, IndexPages.VERSION);
        directory.putLong(8, identity.incarnation().getMostSignificantBits());
        directory.putLong(16, identity.incarnation().getLeastSignificantBits());
        directory.putLong(24, identity.firstSegment()).putLong(32, identity.lastSegment());
        directory.putLong(40, identity.basePosition()).putLong(48, identity.endPosition());
        directory.putInt(56, volumes).putInt(60, nextPage);
        int headPages = directory.capacity() / IndexPages.PAGE_BYTES;
        for (int i = 0; i < headPages; i++) {
            seal(directory, i * IndexPages.PAGE_BYTES, 0, i);
        }
        sink.put(0, directory.rewind());
        return nextPage;
    }
}
