package io.tidemark.journal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** The layers that make up one volume at a position, newest first; made again without an index that turns out to be damaged. Any thread. */
final class ViewLayers {
    private static final int MAX_ATTEMPTS = 3;

    private final SegmentCatalog catalog;
    private final SegmentCatalog.Hold hold;
    private final int volume;
    private final long volumeBytes;
    private final ViewMemory memory;
    private volatile long view;
    private volatile LayerReader reader;

    ViewLayers(SegmentCatalog catalog, SegmentCatalog.Hold hold, int volume, long volumeBytes, ViewMemory memory)
            throws IOException {
        this.catalog = catalog;
        this.hold = hold;
        this.volume = volume;
        this.volumeBytes = volumeBytes;
        this.memory = memory;
        this.view = memory.nextView();
        this.reader = looking(this::build);
    }

    /** What looks into mapped indexes. */
    interface Look<T> {
        T run() throws IOException;
    }

    /**
     * Does what looks into mapped indexes, again without those that the disk cannot read any more. The JVM says so by an {@link InternalError}, which
     * code that was compiled throws at any later point; so what was found until then counts for nothing.
     */
    <T> T looking(Look<T> look) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                return look.run();
            } catch (InternalError e) {
                if (attempt == MAX_ATTEMPTS) {
                    throw new IOException(
                            "an index that volume " + volume + " at position " + hold.position()
                                    + " needs cannot be read. See the system's log for errors of the disk",
                            e);
                }
                hold.whole().forEach(part -> part.distrustIfUnreadable(e));
                view = memory.nextView();
                reader = looking(this::build);
            }
        }
    }

    private LayerReader build() throws IOException {
        while (true) {
            try {
                List<ExtentLayer> layers = new ArrayList<>();
                for (Segment segment : hold.partial()) {
                    layers.add(new PartialLayer(segment, hold.position(), volume, memory.partialTables()));
                }
                for (IndexedPart part : hold.whole().reversed()) {
                    addLayers(catalog, part, volume, layers);
                }
                return new LayerReader(layers, memory.payload());
            } catch (DamagedIndexException e) {
                e.report();
            }
        }
    }

    /** Adds what a part of the journal changed, newest first; a run whose index is damaged is left out for its segments. */
    static void addLayers(SegmentCatalog catalog, IndexedPart part, int volume, List<ExtentLayer> layers)
            throws IOException {
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
