package io.tidemark.journal;

import io.tidemark.journal.LayerReader.Piece;
import java.util.ArrayList;
import java.util.List;

/**
 * What a region of a view consists of, found once for all layers: from then on a lookup there is one search. Immutable.
 *
 * @param pieces in order, without gaps; empty as long as it is not known
 * @param reads how often it was read until it was flattened
 */
record FlatRegion(List<Piece> pieces, int reads) {
    static final int BYTES = 4 << 20;

    /** How often a region is read before it is flattened: that costs as much as many lookups, and its memory may be taken from hotter ones. */
    private static final int READS_UNTIL_HOT = 8;

    private static final int WEIGHT_PER_PIECE = 56;

    /** Which region of which view. */
    record Key(long view, long region) {}

    /** Stands for a region that was read so often, and is not known yet. */
    static FlatRegion seen(int reads) {
        return new FlatRegion(List.of(), reads);
    }

    /** Whether the next read of a region is the one that flattens it. */
    boolean isHot() {
        return reads >= READS_UNTIL_HOT;
    }

    boolean isKnown() {
        return !pieces.isEmpty();
    }

    int weightBytes() {
        return 128 + WEIGHT_PER_PIECE * pieces.size();
    }

    /** The part of it that a range of the volume consists of. */
    List<Piece> between(long start, long end) {
        int low = 0;
        int high = pieces.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (pieces.get(middle).end() <= start) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        List<Piece> part = new ArrayList<>();
        for (int i = low; i < pieces.size() && pieces.get(i).start() < end; i++) {
            part.add(pieces.get(i).between(start, end));
        }
        return part;
    }
}
