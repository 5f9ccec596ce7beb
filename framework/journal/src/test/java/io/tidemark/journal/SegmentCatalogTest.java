package io.tidemark.journal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Thinning sees each hold, or the hold sees the thinning. */
final class SegmentCatalogTest {
    private static SegmentCatalog catalog() {
        SegmentFiles files = new SegmentFiles(new MemoryFiles());
        List<Segment> segments = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            segments.add(new Segment(files, Path.of("/j/" + i), i + 1L, i * 100L, Model.spec(4096), new UUID(1, 2)));
        }
        for (int i = 0; i < 3; i++) {
            segments.get(i).endsAt(i * 100L + 100);
        }
        return new SegmentCatalog(segments, 0);
    }

    @Test
    void aHoldBeforeThinningIsSeenByIt() throws JournalRefusedException {
        SegmentCatalog catalog = catalog();
        SegmentCatalog.Hold latest = catalog.hold(250, SegmentCatalog.NO_CHECKPOINT);
        catalog.hold(120, 7);
        catalog.pin();
        assertArrayEquals(new long[] {120, 250}, catalog.heldForThinning(300));
        catalog.release(latest);
        assertArrayEquals(new long[] {120}, catalog.heldForThinning(300));
        assertEquals(
                2,
                catalog.after(catalog.segments().getFirst(), 250).whole().size()
                        + catalog.after(catalog.segments().getFirst(), 250)
                                .partial()
                                .size());
    }

    @Test
    void aHoldOfNoCheckpointAfterItIsRefused() throws JournalRefusedException {
        SegmentCatalog catalog = catalog();
        assertArrayEquals(new long[0], catalog.heldForThinning(300));
        assertThrows(JournalRefusedException.class, () -> catalog.hold(299, SegmentCatalog.NO_CHECKPOINT));
        // Who opens a checkpoint asks the checkpoint log again.
        assertEquals(299, catalog.hold(299, 7).position());
        assertEquals(300, catalog.hold(300, SegmentCatalog.NO_CHECKPOINT).position());
    }
}
