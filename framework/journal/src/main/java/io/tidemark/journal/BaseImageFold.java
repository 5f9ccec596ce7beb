package io.tidemark.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.List;

/**
 * Brings one base image forward over a run of segments: only the newest version of each byte is written, in the order of the volume.
 *
 * <p>Repeating it, wholly or after a crash at any step, ends in the same image (J8): a block that the map calls empty is written as a whole,
 * in any other only what the segments changed.
 */
final class BaseImageFold {
    private final BaseImage base;
    private final LayerReader changes;
    private final long[] map;

    /** @param changes the whole segments to fold */
    BaseImageFold(BaseImage base, LayerReader changes) {
        this.base = base;
        this.changes = changes;
        this.map = base.copyOfMap();
    }

    /** When this returns the image holds the changes, durably. */
    void run() throws IOException {
        BitSet touched = touchedBlocks();
        if (touched.isEmpty()) {
            return;
        }
        for (int block = touched.nextSetBit(0); block >= 0; block = touched.nextSetBit(block + 1)) {
            fold(block);
        }
        base.commit(map);
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

    private void fold(int block) throws IOException {
        long start = (long) block * BaseImage.BLOCK_BYTES;
        long end = Math.min(start + BaseImage.BLOCK_BYTES, base.sizeBytes());
        List<LayerReader.Piece> pieces = changes.resolve(start, end);
        boolean hasData = pieces.stream().anyMatch(LayerReader.Piece.Data.class::isInstance);
        boolean covered = pieces.stream().noneMatch(LayerReader.Piece.Below.class::isInstance);
        if (BaseImage.isSet(map, block) && (hasData || !covered)) {
            for (LayerReader.Piece piece : pieces) {
                writePiece(piece);
            }
        } else if (hasData) {
            writeWhole(block, start, end, pieces);
        } else if (covered) {
            map[block >>> 6] &= ~(1L << block);
        }
    }

    private void writePiece(LayerReader.Piece piece) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate((int) (piece.end() - piece.start()));
        switch (piece) {
            case LayerReader.Piece.Data data -> {
                changes.read(data, bytes);
                base.write(data.start(), bytes.rewind());
            }
            case LayerReader.Piece.Zero zero -> base.write(zero.start(), bytes);
            case LayerReader.Piece.Below _ -> {
                // The image has it already.
            }
        }
    }

    /** For a block that reads as zeroes now, whatever is left in the file. */
    private void writeWhole(int block, long start, long end, List<LayerReader.Piece> pieces) throws IOException {
        ByteBuffer whole = ByteBuffer.allocate((int) (end - start));
        for (LayerReader.Piece piece : pieces) {
            if (piece instanceof LayerReader.Piece.Data data) {
                changes.read(data, whole.slice((int) (data.start() - start), (int) (data.end() - data.start())));
            }
        }
        base.write(start, whole);
        map[block >>> 6] |= 1L << block;
    }
}
