package io.tidemark.journal;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * An extent index in mapped memory, as {@link IndexWriter} wrote it. Opening it touches two pages; each page is verified when it is first used,
 * which takes one bit of heap per page. Any thread.
 */
final class MappedIndex {
    /** Whoever uses an index, and can do without it. */
    interface Owner {
        /** It is not to be used again. */
        void indexDamaged(DamagedIndexException cause);
    }

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final MemorySegment pages;
    private final IndexPages.Identity identity;
    private final String name;
    private final Owner owner;
    private final AtomicLongArray verified;

    /** @throws DamagedIndexException if it does not belong to this identity */
    MappedIndex(MemorySegment pages, IndexPages.Identity identity, int volumes, String name, Owner owner) {
        this.owner = owner;
        this.pages = pages;
        this.identity = identity;
        this.name = name;
        long count = pages.byteSize() / IndexPages.PAGE_BYTES;
        this.verified = new AtomicLongArray(Math.toIntExact(Math.ceilDiv(count, Long.SIZE)));
        page(0);
        boolean right = getInt(0) == IndexPages.MAGIC
                && getInt(4) == IndexPages.VERSION
                && getLong(8) == identity.incarnation().getMostSignificantBits()
                && getLong(16) == identity.incarnation().getLeastSignificantBits()
                && getLong(24) == identity.firstSegment()
                && getLong(32) == identity.lastSegment()
                && getLong(40) == identity.basePosition()
                && getLong(48) == identity.endPosition()
                && getInt(56) == volumes
                && getInt(60) == count;
        if (!right) {
            throw new DamagedIndexException(owner, this + ": the header is that of another index");
        }
    }

    /** The newest versions of a volume's bytes. */
    ExtentLayer layer(int volume) {
        long directory = page(1 + volume / IndexPages.DIRECTORY_ENTRIES);
        long entry = directory + (long) volume % IndexPages.DIRECTORY_ENTRIES * IndexPages.DIRECTORY_ENTRY_BYTES;
        return new Layer(getLong(entry), getInt(entry + 8), getInt(entry + 12), getInt(entry + 16));
    }

    /** Where a page starts; verifies it the first time. */
    private long page(long number) {
        long at = number * IndexPages.PAGE_BYTES;
        if (at < 0 || at + IndexPages.PAGE_BYTES > pages.byteSize()) {
            throw new DamagedIndexException(owner, this + ": it has no page " + number);
        }
        int word = (int) (number >>> 6);
        if ((verified.getPlain(word) & (1L << number)) == 0) {
            verify(number, at);
            verified.accumulateAndGet(word, 1L << number, (a, b) -> a | b);
        }
        return at;
    }

    private void verify(long number, long at) {
        try {
            var bytes = pages.asSlice(at, IndexPages.PAGE_BYTES).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
            if (!Checksum.matches(bytes)
                    || bytes.getInt(IndexPages.NUMBER_AT) != number
                    || bytes.getInt(IndexPages.SEGMENT_AT) != (int) identity.firstSegment()) {
                throw new DamagedIndexException(owner, this + ": page " + number + " does not match its checksum");
            }
        } catch (InternalError e) {
            throw unreadable(at, e);
        }
    }

    // Each look into the mapping goes through one of these: where the disk cannot read a page that the system dropped
    // since it was verified,
    // the JVM throws an InternalError, which is no bug of it or ours, and there is another way to learn the same.

    private long getLong(long at) {
        try {
            return pages.get(LONG, at);
        } catch (InternalError e) {
            throw unreadable(at, e);
        }
    }

    private int getInt(long at) {
        try {
            return pages.get(INT, at);
        } catch (InternalError e) {
            throw unreadable(at, e);
        }
    }

    private byte getByte(long at) {
        try {
            return pages.get(ValueLayout.JAVA_BYTE, at);
        } catch (InternalError e) {
            throw unreadable(at, e);
        }
    }

    private DamagedIndexException unreadable(long at, InternalError cause) {
        return new DamagedIndexException(
                owner, this + ": page " + at / IndexPages.PAGE_BYTES + " cannot be read", cause);
    }

    @Override
    public String toString() {
        return "extent index " + name;
    }

    /** One volume. Its leaves come first, then each level of fences, lowest first, then the coverage map. */
    private final class Layer implements ExtentLayer {
        private final long extents;
        private final int firstPage;
        private final int coveragePages;
        private final int regionShift;

        Layer(long extents, int firstPage, int coveragePages, int regionShift) {
            this.extents = extents;
            this.firstPage = firstPage;
            this.coveragePages = coveragePages;
            this.regionShift = regionShift;
        }

        @Override
        public boolean mayTouch(long start, long end) {
            if (extents == 0 || coveragePages == 0) {
                return extents > 0;
            }
            long last = (end - 1) >>> regionShift;
            for (long region = start >>> regionShift; region <= last; region++) {
                long page = page(coverageStart() + region / IndexPages.COVERAGE_BITS);
                long bit = region % IndexPages.COVERAGE_BITS;
                if ((getByte(page + (bit >>> 3)) & (1 << (bit & 7))) != 0) {
                    return true;
                }
            }
            return false;
        }

        private long coverageStart() {
            int below = IndexPages.leafPages(extents);
            long at = firstPage + (long) below;
            while (below > 1) {
                below = Math.ceilDiv(below, IndexPages.FENCE_ENTRIES);
                at += below;
            }
            return at;
        }

        @Override
        public ExtentCursor from(long offset) {
            if (extents == 0) {
                return new Cursor(this, 0);
            }
            int leaf = leafOf(offset);
            long at = page(firstPage + (long) leaf);
            int count = getInt(at + IndexPages.COUNT_AT);
            int low = 0;
            int high = count;
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (endOf(at + (long) middle * IndexPages.LEAF_ENTRY_BYTES) <= offset) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            return new Cursor(this, (long) leaf * IndexPages.LEAF_ENTRIES + low);
        }

        /** The last leaf that starts at or before an offset, or the first one. */
        private int leafOf(long offset) {
            int[] levelPages = new int[8];
            long[] levelStart = new long[8];
            int levels = 0;
            int below = IndexPages.leafPages(extents);
            long at = firstPage + (long) below;
            while (below > 1) {
                below = Math.ceilDiv(below, IndexPages.FENCE_ENTRIES);
                levelPages[levels] = below;
                levelStart[levels++] = at;
                at += below;
            }
            int child = 0;
            for (int level = levels - 1; level >= 0; level--) {
                long page = page(levelStart[level] + child);
                child = child * IndexPages.FENCE_ENTRIES
                        + lastKeyUpTo(page, getInt(page + IndexPages.COUNT_AT), offset);
            }
            return child;
        }

        private int lastKeyUpTo(long page, int count, long offset) {
            int low = 0;
            int high = count - 1;
            while (low < high) {
                int middle = (low + high + 1) >>> 1;
                if (getLong(page + (long) middle * Long.BYTES) <= offset) {
                    low = middle;
                } else {
                    high = middle - 1;
                }
            }
            return low;
        }
    }

    private long endOf(long entry) {
        return getLong(entry) + (getLong(entry + 8) & IndexPages.LENGTH_MASK);
    }

    private final class Cursor implements ExtentCursor {
        private final Layer layer;
        private long index;
        private long entry;

        Cursor(Layer layer, long first) {
            this.layer = layer;
            this.index = first - 1;
        }

        @Override
        public boolean next() {
            if (++index >= layer.extents) {
                return false;
            }
            long leaf = page(layer.firstPage + index / IndexPages.LEAF_ENTRIES);
            entry = leaf + index % IndexPages.LEAF_ENTRIES * IndexPages.LEAF_ENTRY_BYTES;
            return true;
        }

        @Override
        public long start() {
            return getLong(entry);
        }

        @Override
        public long end() {
            return endOf(entry);
        }

        @Override
        public long segment() {
            return identity.firstSegment() + (getLong(entry + 8) >>> IndexPages.LENGTH_BITS);
        }

        @Override
        public long place() {
            return getLong(entry + 16);
        }
    }
}
