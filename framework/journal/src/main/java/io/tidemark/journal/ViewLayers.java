package io.tidemark.journal;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The layers that make up one volume at a position, newest first; made again without an index that turns out to be damaged. Any thread. */
final class ViewLayers {
    private final SegmentCatalog.Hold hold;
    private final int volume;
    private final PayloadReader payload;
    private volatile LayerReader reader;

    ViewLayers(SegmentCatalog.Hold hold, int volume, PayloadReader payload) throws IOException {
        this.hold = hold;
        this.volume = volume;
        this.payload = payload;
        this.reader = build();
    }

    private LayerReader build() throws IOException {
        while (true) {
            try {
                List<ExtentLayer> layers = new ArrayList<>();
                for (Segment segment : hold.partial()) {
                    layers.add(ExtentTable.of(segment.records(hold.position()), volume));
                }
                for (Segment segment : hold.whole().reversed()) {
                    layers.add(segment.layer(volume));
                }
                return new LayerReader(layers, payload);
            } catch (DamagedIndexException e) {
                e.index().reportDamage(e);
            }
        }
    }

    /** What a range consists of, in order and without gaps. */
    List<LayerReader.Piece> resolve(long start, long end) throws IOException {
        while (true) {
            try {
                return reader.resolve(start, end);
            } catch (DamagedIndexException e) {
                e.index().reportDamage(e);
                reader = build();
            }
        }
    }

    LayerReader reader() {
        return reader;
    }
}
