package io.tidemark.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.List;

/**
 * Brings one base image forward over a run of segments: only the newest version of each byte is written, in the order of the volume, and the
 * checksum of each 4 KiB that changed.
 *
 * <p>Repeating it, wholly or after a crash at any step, ends in the same image (J8): a block that the map calls empty is written as a whole,
 * in any other only units in which something changed. Bytes whose newest version was thinned out stay as they are: until they are folded from a
 * later record, no view shows them.
 */
final class BaseImageFold {
    private static final int UNIT = BaseSums.UNIT_BYTES;

    private final BaseImage base;
    private final LayerReader changes;
    private final long[] map;
    private final BaseSums.Changes sums = new BaseSums.Changes();
    private final ByteBuffer block = ByteBuffer.allocate(BaseImage.BLOCK_BYTES);

    /** @param changes the whole segments to fold */
    BaseImageFold(BaseImage base, LayerReader changes) {
        this.base = base;
        this.changes = changes;
        this.map = base.copyOfMap();
    }

    /** When this returns the image holds the changes, durably. */
    void run() throws IOException {
        BitSet touched = touchedBlocks();
        if (!touched.isEmpty()) {
            base.begin(touched);
            for (int i = touched.nextSetBit(0); i >= 0; i = touched.nextSetBit(i + 1)) {
                fold(i);
            }
            base.commit(map, sums);
        }
        base.settle();
    }

    private BitSet touchedBlocks() {
        BitSet touched = new BitSet();
        for (ExtentLayer layer : changes.layers()) {
            ExtentCursor extents = layer.from(0);
            while (extents.next()) {
                int first = Math.toIntExact(extents.start() / BaseImage.BLOCK_BYTES);
                int last = Math.toIntExact((extents.end() - 1) / BaseImage.BLOCK_BYTES);
                touched.set(first, last + 1);
            }
        }
        return touched;
    }

    private void fold(int number) throws IOException {
        long start = (long) number * BaseImage.BLOCK_BYTES;
        long end = Math.min(start + BaseImage.BLOCK_BYTES, base.sizeBytes());
        List<LayerReader.Piece> pieces = changes.resolvePresent(start, end);
        boolean hasData = pieces.stream().anyMatch(LayerReader.Piece.Data.class::isInstance);
        boolean covered = pieces.stream().noneMatch(LayerReader.Piece.Below.class::isInstance);
        block.clear().limit((int) (end - start));
        if (BaseImage.isSet(map, number) && (hasData || !covered)) {
            foldUnits(start, end, pieces);
        } else if (hasData) {
            // It reads as zeroes now, whatever is left in the file.
            block.put(0, new byte[block.limit()]);
            overlay(start, pieces);
            write(start, 0, block.limit());
            map[number >>> 6] |= 1L << number;
        } else if (covered) {
            map[number >>> 6] &= ~(1L << number);
        }
    }

    private void overlay(long start, List<LayerReader.Piece> pieces) throws IOException {
        for (LayerReader.Piece piece : pieces) {
            int length = (int) (piece.end() - piece.start());
            ByteBuffer target = block.slice((int) (piece.start() - start), length);
            switch (piece) {
                case LayerReader.Piece.Data data -> changes.read(data, target);
                case LayerReader.Piece.Zero _ -> target.put(new byte[length]);
                case LayerReader.Piece.Below _ -> {
                    // As it is.
                }
            }
        }
    }

    /** Changes a block that has data: runs of units in which something changed are written, the others left alone. */
    private void foldUnits(long start, long end, List<LayerReader.Piece> pieces) throws IOException {
        int units = Math.ceilDiv((int) (end - start), UNIT);
        BitSet changed = new BitSet();
        BitSet partly = new BitSet();
        for (LayerReader.Piece piece : pieces) {
            int first = (int) ((piece.start() - start) / UNIT);
            int last = (int) ((piece.end() - 1 - start) / UNIT);
            if (piece instanceof LayerReader.Piece.Below) {
                partly.set(first, last + 1);
            } else {
                changed.set(first, last + 1);
            }
        }
        partly.and(changed);
        BitSet damaged = new BitSet();
        for (int unit = partly.nextSetBit(0); unit >= 0; unit = partly.nextSetBit(unit + 1)) {
            int from = unit * UNIT;
            ByteBuffer old = block.slice(from, Math.min(UNIT, block.limit() - from));
            damaged.set(unit, !base.readUnit((start + from) / UNIT, old));
        }
        overlay(start, pieces);
        for (int unit = changed.nextSetBit(0); unit >= 0 && unit < units; ) {
            int next = changed.nextClearBit(unit);
            write(start, unit * UNIT, Math.min(next * UNIT, block.limit()), damaged);
            unit = changed.nextSetBit(next);
        }
    }

    private void write(long start, int from, int to) throws IOException {
        write(start, from, to, new BitSet());
    }

    private void write(long start, int from, int to, BitSet damaged) throws IOException {
        for (int at = from; at < to; at += UNIT) {
            int sum = BaseSums.of(block, at, Math.min(UNIT, to - at));
            // What was damaged before and is kept in part stays known as damaged.
            sums.put((start + at) / UNIT, damaged.get(at / UNIT) ? damagedSum(sum) : sum);
        }
        base.write(start + from, block.slice(from, to - from));
    }

    /** A checksum that the bytes do not have. */
    private static int damagedSum(int sum) {
        return sum == -1 ? 1 : ~sum;
    }
}
