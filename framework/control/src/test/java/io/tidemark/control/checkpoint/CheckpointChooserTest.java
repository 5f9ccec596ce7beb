package io.tidemark.control.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.control.ControlException;
import io.tidemark.control.ErrorCode;
import io.tidemark.control.dataplane.CheckpointKind;
import io.tidemark.control.dataplane.JournalPolicy.Tier;
import io.tidemark.control.dataplane.JournalStore.DamagedCheckpoint;
import io.tidemark.control.dataplane.JournalStore.JournalCheckpoint;
import io.tidemark.control.dataplane.JournalStore.Pinning;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VmId;
import java.time.Duration;
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

    private static final List<DamagedCheckpoint> DAMAGED =
            List.of(new DamagedCheckpoint(checkpoint(14, "evening", Pinning.UNPINNED), List.of(new VmId("vm-db"))));

    private static JournalCheckpoint checkpoint(long id, String tag, Pinning pinning) {
        return new JournalCheckpoint(
                new CheckpointId(id), Instant.ofEpochSecond(100 * id), CheckpointKind.AUTOMATIC, tag, pinning);
    }

    private static long chosen(CheckpointSelector selector) {
        return CheckpointChooser.choose("erp", new KnownCheckpoints(KNOWN, DAMAGED, List.of()), selector)
                .id()
                .value();
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
    void aDamagedOneIsRefusedWithTheReason() {
        ControlException byId =
                assertThrows(ControlException.class, () -> chosen(new CheckpointSelector.ById(new CheckpointId(14))));
        assertEquals(ErrorCode.CHECKPOINT_DAMAGED.code(), byId.code());
        assertTrue(byId.why().contains("journal of VM vm-db"), byId::toString);
        assertRefused(ErrorCode.CHECKPOINT_DAMAGED, new CheckpointSelector.ByTag("evening"));
        assertEquals(12, chosen(new CheckpointSelector.Latest()), "the newest sound one");
        assertEquals(12, chosen(new CheckpointSelector.AtTime(Instant.ofEpochSecond(9999))));
    }

    @Test
    void oneThatIsNotThereAtAnAgeOfThinningIsGone() {
        KnownCheckpoints thinned = new KnownCheckpoints(
                KNOWN, List.of(), List.of(new Tier(Duration.ofSeconds(200), Duration.ofSeconds(60))));
        ControlException old = assertThrows(
                ControlException.class,
                () -> CheckpointChooser.choose(
                        "erp", withGapAt10(thinned), new CheckpointSelector.ById(new CheckpointId(10))));
        assertEquals(ErrorCode.CHECKPOINT_GONE.code(), old.code());
        ControlException young = assertThrows(
                ControlException.class,
                () -> CheckpointChooser.choose("erp", thinned, new CheckpointSelector.ById(new CheckpointId(11))));
        assertEquals(ErrorCode.CHECKPOINT_NOT_FOUND.code(), young.code());
    }

    /** 9, 11, 12, 14: what follows 10 is 300 s older than the newest. */
    private static KnownCheckpoints withGapAt10(KnownCheckpoints known) {
        return new KnownCheckpoints(
                List.of(
                        checkpoint(9, "", Pinning.UNPINNED),
                        checkpoint(11, "", Pinning.UNPINNED),
                        checkpoint(12, "", Pinning.UNPINNED),
                        checkpoint(14, "", Pinning.UNPINNED)),
                known.damaged(),
                known.thinning());
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
