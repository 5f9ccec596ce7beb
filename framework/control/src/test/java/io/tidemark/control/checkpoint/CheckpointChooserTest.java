package io.tidemark.control.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.tidemark.control.ControlException;
import io.tidemark.control.ErrorCode;
import io.tidemark.control.dataplane.CheckpointKind;
import io.tidemark.control.dataplane.JournalStore.JournalCheckpoint;
import io.tidemark.control.dataplane.JournalStore.Pinning;
import io.tidemark.spi.id.CheckpointId;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class CheckpointChooserTest {
    /** Number 3 is pinned and outlived 4 to 8; 11 never became a checkpoint. */
    private static final List<JournalCheckpoint> KNOWN = List.of(
            checkpoint(3, "keep", Pinning.PINNED),
            checkpoint(9, "", Pinning.UNPINNED),
            checkpoint(10, "noon", Pinning.UNPINNED),
            checkpoint(12, "", Pinning.UNPINNED));

    private static JournalCheckpoint checkpoint(long id, String tag, Pinning pinning) {
        return new JournalCheckpoint(
                new CheckpointId(id), Instant.ofEpochSecond(100 * id), CheckpointKind.AUTOMATIC, tag, pinning);
    }

    private static long chosen(CheckpointSelector selector) {
        return CheckpointChooser.choose("erp", KNOWN, selector).id().value();
    }

    private static void assertRefused(ErrorCode code, CheckpointSelector selector) {
        ControlException refusal = assertThrows(ControlException.class, () -> chosen(selector));
        assertEquals(code.code(), refusal.code(), refusal::toString);
    }

    @Test
    void choosesTheLatestOneByIdByTagAndByTime() {
        assertEquals(12, chosen(new CheckpointSelector.Latest()));
        assertEquals(3, chosen(new CheckpointSelector.ById(new CheckpointId(3))));
        assertEquals(10, chosen(new CheckpointSelector.ByTag("noon")));
        assertEquals(10, chosen(new CheckpointSelector.AtTime(Instant.ofEpochSecond(1199))));
        assertEquals(10, chosen(new CheckpointSelector.AtTime(Instant.ofEpochSecond(1000))));
    }

    @Test
    void tellsWhatHasAgedOutFromWhatNeverWas() {
        assertRefused(ErrorCode.CHECKPOINT_GONE, new CheckpointSelector.ById(new CheckpointId(1)));
        assertRefused(ErrorCode.CHECKPOINT_GONE, new CheckpointSelector.ById(new CheckpointId(5)));
        assertRefused(ErrorCode.CHECKPOINT_GONE, new CheckpointSelector.AtTime(Instant.ofEpochSecond(299)));
        assertRefused(ErrorCode.CHECKPOINT_NOT_FOUND, new CheckpointSelector.ById(new CheckpointId(11)));
        assertRefused(ErrorCode.CHECKPOINT_NOT_FOUND, new CheckpointSelector.ById(new CheckpointId(99)));
        assertRefused(ErrorCode.CHECKPOINT_NOT_FOUND, new CheckpointSelector.ByTag("never"));
    }
}
