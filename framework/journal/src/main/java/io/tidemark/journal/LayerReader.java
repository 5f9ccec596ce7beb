package io.tidemark.journal;

import io.tidemark.journal.batch.BatchFrame;
import io.tidemark.journal.batch.BatchTables;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * One volume's changes in a run of segments: finds for each byte the newest version, and reads it. Any thread.
 *
 * <p>A lookup costs O(layers × log extents). Layers that never touched the volume are left out.
 */
final class LayerReader {
    /** One segment, or the part of it before a position. */
    record Layer(Segment segment, ExtentTable table) {}

    /** A run of bytes with one origin. */
    sealed interface Piece {
        long start();

        long end();

        /** In a segment. */
        record Data(long start, long end, Segment segment, long batchOffset, int rawStart) implements Piece {}

        /** Turned to zeroes by a record. */
        record Zero(long start, long end) implements Piece {}

        /** Changed in no layer. */
        record Below(long start, long end) implements Piece {}
    }

    private record FrameKey(long segment, long batchOffset, int frame) {}

    private record Gap(long start, long end) {}

    private static final int TABLES_WEIGHT_PER_ENTRY = 80;

    private final List<Layer> layers;
    private final WeightedCache<FrameKey, byte[]> frames;
    private final WeightedCache<FrameKey, BatchTables> tables;

    /** @param layers newest first */
    LayerReader(List<Layer> layers, int cacheBytes) {
        this.layers = layers.stream().filter(layer -> layer.table.size() > 0).toList();
        this.frames = new WeightedCache<>(cacheBytes * 3L / 4);
        this.tables = new WeightedCache<>(cacheBytes / 4);
    }

    List<Layer> layers() {
        return layers;
    }

    /** What a range consists of, in order and without gaps. */
    List<Piece> resolve(long start, long end) {
        List<Piece> pieces = new ArrayList<>();
        List<Gap> gaps = List.of(new Gap(start, end));
        for (Layer layer : layers) {
            if (gaps.isEmpty()) {
                break;
            }
            List<Gap> left = new ArrayList<>();
            for (Gap gap : gaps) {
                fill(layer, gap, pieces, left);
            }
            gaps = left;
        }
        gaps.forEach(gap -> pieces.add(new Piece.Below(gap.start, gap.end)));
        pieces.sort(Comparator.comparingLong(Piece::start));
        return pieces;
    }

    private static void fill(Layer layer, Gap gap, List<Piece> pieces, List<Gap> left) {
        ExtentTable table = layer.table;
        long at = gap.start;
        for (int i = table.firstEndingAfter(at); i < table.size() && table.start(i) < gap.end; i++) {
            long from = Math.max(at, table.start(i));
            long to = Math.min(gap.end, table.end(i));
            if (from > at) {
                left.add(new Gap(at, from));
            }
            if (table.isZero(i)) {
                pieces.add(new Piece.Zero(from, to));
            } else {
                int rawStart = table.rawStart(i) + (int) (from - table.start(i));
                pieces.add(new Piece.Data(from, to, layer.segment, table.batchOffset(i), rawStart));
            }
            at = to;
        }
        if (at < gap.end) {
            left.add(new Gap(at, gap.end));
        }
    }

    /** Reads a piece from its segment; verifies each frame that it needs. */
    void read(Piece.Data piece, ByteBuffer into) throws IOException {
        BatchTables batch = tables(piece.segment, piece.batchOffset);
        int at = piece.rawStart;
        int end = at + Math.toIntExact(piece.end - piece.start);
        if (end > batch.header().rawBytes()) {
            throw piece.segment.corrupt(piece.batchOffset, "the index names payload that the batch does not have");
        }
        for (int i = batch.frameIndexOf(at); at < end; i++) {
            BatchFrame frame = batch.frame(i);
            byte[] raw = frame(piece.segment, piece.batchOffset, batch, i);
            int part = Math.min(frame.rawEnd(), end) - at;
            into.put(raw, at - frame.rawStart(), part);
            at += part;
        }
    }

    private BatchTables tables(Segment segment, long batchOffset) throws IOException {
        FrameKey key = new FrameKey(segment.header().number(), batchOffset, -1);
        BatchTables known = tables.get(key).orElse(null);
        if (known == null) {
            known = segment.tablesAt(batchOffset);
            int entries = known.header().recordCount() + known.header().frameCount() + 1;
            tables.put(key, known, entries * TABLES_WEIGHT_PER_ENTRY);
        }
        return known;
    }

    private byte[] frame(Segment segment, long batchOffset, BatchTables batch, int index) throws IOException {
        FrameKey key = new FrameKey(segment.header().number(), batchOffset, index);
        byte[] known = frames.get(key).orElse(null);
        if (known == null) {
            known = segment.frameAt(batchOffset, batch, index);
            frames.put(key, known, known.length);
        }
        return known;
    }
}
