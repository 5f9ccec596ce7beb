package io.tidemark.journal;

import io.tidemark.journal.LayerReader.Piece;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** The memory that all open views of a journal share, within fixed bounds however many there are. Any thread. */
final class ViewMemory {
    private static final int SEEN_WEIGHT = 128;

    private final PayloadReader payload;
    private final WeightedCache<PartialLayer.Key, ExtentTable> partialTables;
    private final WeightedCache<FlatRegion.Key, FlatRegion> regions;
    private final AtomicLong views = new AtomicLong();

    /** @param cacheBytes half for payload, a quarter each for the two kinds of tables */
    ViewMemory(SegmentCatalog catalog, long cacheBytes) {
        this.payload = new PayloadReader(catalog, cacheBytes / 2);
        this.partialTables = new WeightedCache<>(cacheBytes / 4);
        this.regions = new WeightedCache<>(cacheBytes / 4);
    }

    /** About what is kept, in bytes. */
    long weightBytes() {
        return payload.weightBytes() + partialTables.weight() + regions.weight();
    }

    PayloadReader payload() {
        return payload;
    }

    WeightedCache<PartialLayer.Key, ExtentTable> partialTables() {
        return partialTables;
    }

    long nextView() {
        return views.incrementAndGet();
    }

    /**
     * What a range of a view consists of. A region that is read often is flattened.
     *
     * @param end at most the volume's size, and in the region of {@code start}
     */
    List<Piece> resolve(LayerReader layers, long view, long volumeBytes, long start, long end) {
        FlatRegion.Key key = new FlatRegion.Key(view, start / FlatRegion.BYTES);
        FlatRegion known = regions.get(key).orElse(FlatRegion.seen(0));
        if (!known.isKnown() && !known.isHot()) {
            regions.put(key, FlatRegion.seen(known.reads() + 1), SEEN_WEIGHT);
            return layers.resolve(start, end);
        }
        if (!known.isKnown()) {
            long from = key.region() * FlatRegion.BYTES;
            long to = Math.min(from + FlatRegion.BYTES, volumeBytes);
            known = new FlatRegion(List.copyOf(layers.resolve(from, to)), known.reads());
            regions.put(key, known, known.weightBytes());
        }
        return known.between(start, end);
    }
}
