package io.tidemark.journal;

import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * What a segment changed in a volume before a position inside it. The table of it is made when it is needed and kept only as long as there is
 * room in a cache that the whole journal shares. Any thread.
 */
final class PartialLayer implements ExtentLayer {
    /** Which table. */
    record Key(long segment, long position, int volume) {}

    private final Segment segment;
    private final Key key;
    private final WeightedCache<Key, ExtentTable> tables;

    PartialLayer(Segment segment, long position, int volume, WeightedCache<Key, ExtentTable> tables) {
        this.segment = segment;
        this.key = new Key(segment.number(), position, volume);
        this.tables = tables;
    }

    /** @throws UncheckedIOException if the segment cannot be read */
    private ExtentTable table() {
        ExtentTable known = tables.get(key).orElse(null);
        if (known == null) {
            try {
                known = ExtentTable.of(segment.records(key.position), key.volume);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            tables.put(key, known, known.weightBytes());
        }
        return known;
    }

    @Override
    public boolean mayTouch(long start, long end) {
        return table().mayTouch(start, end);
    }

    @Override
    public ExtentCursor from(long offset) {
        return table().from(offset);
    }
}
