package io.tidemark.journal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** The layers that make up one volume at a position, newest first; made again without an index that turns out to be damaged. Any thread. */
final class ViewLayers {
    private final SegmentCatalog catalog;
    private final SegmentCatalog.Hold hold;
    private final int volume;
    private final long volumeBytes;
    private final ViewMemory memory;
    private final long view;
    private volatile LayerReader reader;

    ViewLayers(SegmentCatalog catalog, SegmentCatalog.Hold hold, int volume, long volumeBytes, ViewMemory memory)
            throws IOException {
        this.catalog = catalog;
        this.hold = hold;
        this.volume = volume;
        this.volumeBytes = volumeBytes;
        this.memory = memory;
        this.view = memory.nextView();
        this.reader = build();
    }

    private LayerReader build() throws IOException {
        while (true) {
            try {
                List<ExtentLayer> layers = new ArrayList<>();
                for (Segment segment : hold.partial()) {
                    layers.add(new PartialLayer(segment, hold.position(), volume, memory.partialTables()));
                }
                for (IndexedPart part : hold.whole().reversed()) {
                    addLayers(part, layers);
                }
                return new LayerReader(layers, memory.payload());
            } catch (DamagedIndexException e) {
                e.report();
            }
        }
    }

    private void addLayers(IndexedPart part, List<ExtentLayer> layers) throws IOException {
        if (part instanceof ExtentRun run && run.isDamaged()) {
            for (long number = run.lastSegment(); number >= run.firstSegment(); number--) {
                layers.add(catalog.numbered(number).layer(volume));
            }
        } else {
            layers.add(part.layer(volume));
        }
    }

    /** What a range consists of, in order and without gaps. */
    List<LayerReader.Piece> resolve(long start, long end) throws IOException {
        while (true) {
            try {
                boolean oneRegion = start / FlatRegion.BYTES == (end - 1) / FlatRegion.BYTES;
                return oneRegion ? memory.resolve(reader, view, volumeBytes, start, end) : reader.resolve(start, end);
            } catch (DamagedIndexException e) {
                e.report();
                reader = build();
            } catch (UncheckedIOException e) {
                throw e.getCause();
            }
        }
    }

    LayerReader reader() {
        return reader;
    }
}
