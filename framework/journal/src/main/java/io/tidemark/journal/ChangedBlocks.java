package io.tidemark.journal;

import io.tidemark.spi.block.BlockExtent;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Which blocks of a volume were written between two checkpoints: told from the indexes alone, without reading any payload. Any thread.
 *
 * <p>A block that was written with what it held before counts as changed. What thinning took away changes nothing: what was newer there, up to
 * the next checkpoint that is kept, is still in the index.
 */
final class ChangedBlocks {
    /** 2 MiB of memory per TiB of volume while they are gathered. */
    static final int BLOCK_BYTES = 64 << 10;

    private final SegmentCatalog catalog;
    private final int volume;
    private final long volumeBytes;

    ChangedBlocks(SegmentCatalog catalog, int volume, long volumeBytes) {
        this.catalog = catalog;
        this.volume = volume;
        this.volumeBytes = volumeBytes;
    }

    /**
     * @param from held by the caller, so that nothing after it ages out
     * @param to at or beyond {@code from}, durable
     * @return in order, joined, within the volume
     */
    List<BlockExtent> between(long from, long to) throws IOException {
        while (true) {
            try {
                return extents(blocks(from, to));
            } catch (DamagedIndexException e) {
                // Looked up again without it.
                e.report();
            } catch (InternalError e) {
                throw new IOException(
                        "an index of volume " + volume + " between positions " + from + " and " + to
                                + " cannot be read. See the system's log for errors of the disk",
                        e);
            }
        }
    }

    private BitSet blocks(long from, long to) throws IOException {
        BitSet changed = new BitSet();
        if (from >= to) {
            return changed;
        }
        SegmentCatalog.Between parts = catalog.between(from, to);
        addRecords(parts.first(), from, parts.firstEnd(), changed);
        for (IndexedPart part : parts.rest().whole()) {
            List<ExtentLayer> layers = new ArrayList<>();
            ViewLayers.addLayers(catalog, part, volume, layers);
            for (ExtentLayer layer : layers) {
                ExtentCursor extents = layer.from(0);
                while (extents.next()) {
                    add(extents.start(), extents.end(), changed);
                }
            }
        }
        for (Segment segment : parts.rest().partial()) {
            addRecords(segment, segment.basePosition(), to, changed);
        }
        return changed;
    }

    private void addRecords(Segment segment, long from, long to, BitSet changed) throws IOException {
        RecordLog.Snapshot records = segment.records(to);
        for (int i = Math.toIntExact(from - segment.basePosition()); i < records.size(); i++) {
            if (records.volume(i) == volume) {
                add(records.start(i), records.start(i) + records.lengthBytes(i), changed);
            }
        }
    }

    private static void add(long start, long end, BitSet changed) {
        changed.set(Math.toIntExact(start / BLOCK_BYTES), Math.toIntExact((end - 1) / BLOCK_BYTES) + 1);
    }

    private List<BlockExtent> extents(BitSet blocks) {
        List<BlockExtent> extents = new ArrayList<>();
        for (int block = blocks.nextSetBit(0); block >= 0; ) {
            int end = blocks.nextClearBit(block);
            long start = (long) block * BLOCK_BYTES;
            long endBytes = Math.min((long) end * BLOCK_BYTES, volumeBytes);
            extents.add(new BlockExtent(start, endBytes - start, BlockExtent.Content.DATA));
            block = blocks.nextSetBit(end);
        }
        return extents;
    }
}
