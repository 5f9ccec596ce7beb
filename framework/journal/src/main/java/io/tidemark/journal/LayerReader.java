package io.tidemark.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** One volume's changes in a part of the journal: finds for each byte the newest version, and reads it. Any thread. */
final class LayerReader {
    /** A run of bytes with one origin. */
    sealed interface Piece {
        long start();

        long end();

        /** The part of it inside a range that it touches. */
        Piece between(long from, long to);

        /** In a segment. */
        record Data(long start, long end, long segment, long place) implements Piece {
            @Override
            public Piece between(long from, long to) {
                long first = Math.max(start, from);
                return new Data(first, Math.min(end, to), segment, ExtentCursor.placeAfter(place, first - start));
            }
        }

        /** Turned to zeroes by a record. */
        record Zero(long start, long end) implements Piece {
            @Override
            public Piece between(long from, long to) {
                return new Zero(Math.max(start, from), Math.min(end, to));
            }
        }

        /** Changed in no layer. */
        record Below(long start, long end) implements Piece {
            @Override
            public Piece between(long from, long to) {
                return new Below(Math.max(start, from), Math.min(end, to));
            }
        }
    }

    private record Gap(long start, long end) {}

    private final List<ExtentLayer> layers;
    private final PayloadReader payload;

    /** @param layers newest first */
    LayerReader(List<ExtentLayer> layers, PayloadReader payload) {
        this.layers = List.copyOf(layers);
        this.payload = payload;
    }

    List<ExtentLayer> layers() {
        return layers;
    }

    /** What a range consists of, in order and without gaps. */
    List<Piece> resolve(long start, long end) {
        List<Piece> pieces = new ArrayList<>();
        List<Gap> gaps = List.of(new Gap(start, end));
        for (ExtentLayer layer : layers) {
            if (gaps.isEmpty()) {
                break;
            }
            if (layer.mayTouch(gaps.getFirst().start, gaps.getLast().end)) {
                List<Gap> left = new ArrayList<>();
                for (Gap gap : gaps) {
                    fill(layer, gap, pieces, left);
                }
                gaps = left;
            }
        }
        gaps.forEach(gap -> pieces.add(new Piece.Below(gap.start, gap.end)));
        pieces.sort(Comparator.comparingLong(Piece::start));
        return pieces;
    }

    private static void fill(ExtentLayer layer, Gap gap, List<Piece> pieces, List<Gap> left) {
        long at = gap.start;
        ExtentCursor extents = layer.from(at);
        while (at < gap.end && extents.next() && extents.start() < gap.end) {
            long from = Math.max(at, extents.start());
            long to = Math.min(gap.end, extents.end());
            if (from > at) {
                left.add(new Gap(at, from));
            }
            if (ExtentCursor.isZero(extents.place())) {
                pieces.add(new Piece.Zero(from, to));
            } else {
                long place = ExtentCursor.placeAfter(extents.place(), from - extents.start());
                pieces.add(new Piece.Data(from, to, extents.segment(), place));
            }
            at = to;
        }
        if (at < gap.end) {
            left.add(new Gap(at, gap.end));
        }
    }

    /**
     * The same, but where the newest version of a byte was thinned out it counts as changed in no layer. No view shows such a byte: a newer record
     * before the next kept checkpoint covers it.
     */
    List<Piece> resolvePresent(long start, long end) throws IOException {
        List<Piece> present = new ArrayList<>();
        for (Piece piece : resolve(start, end)) {
            int[] ends = piece instanceof Piece.Data data
                    ? payload.presentParts(data.segment, data.place, (int) (data.end - data.start))
                    : null;
            if (ends == null) {
                present.add(piece);
            } else {
                addParts(piece, ends, present);
            }
        }
        return present;
    }

    private static void addParts(Piece piece, int[] ends, List<Piece> parts) {
        long from = piece.start();
        for (int i = 0; i < ends.length; i++) {
            long to = piece.start() + ends[i];
            if (to > from) {
                parts.add(i % 2 == 0 ? piece.between(from, to) : new Piece.Below(from, to));
            }
            from = to;
        }
    }

    /** Reads a piece from its segment; verifies each frame that it needs. */
    void read(Piece.Data piece, ByteBuffer into) throws IOException {
        payload.read(piece.segment, piece.place, into);
    }
}
