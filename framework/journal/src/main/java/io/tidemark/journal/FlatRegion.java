package io.tidemark.journal;

import io.tidemark.journal.LayerReader.Piece;
import java.util.ArrayList;
import java.util.List;

/**
 * What a region of a view consists of, found once for all layers: from then on a lookup there is one search. Immutable.
 *
 * @param pieces in order, without gaps
 */
record FlatRegion(List<Piece> pieces) {
    static final int BYTES = 4 << 20;

    /** Stands for a region that was read once. */
    static final FlatRegion SEEN = new FlatRegion(List.of());

    private static final int WEIGHT_PER_PIECE = 56;

    /** Which region of which view. */
    record Key(long view, long region) {}

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
