package io.tidemark.target.aws;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.recovery.StagedPoint;
import io.tidemark.spi.recovery.StagingRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Staging that is cut off: by the end of the process, by a deadline, by AWS. */
final class StagingKillsTest extends StagingFixture {
    @Test
    void killedAfterAnyRequestItGoesOnAndLeavesNothingOver() throws Exception {
        VolumeHistory history = new VolumeHistory(SIZE_BYTES, 20);
        history.advance(4);
        StagedPoint base = stage(history, 1, Optional.empty());
        lab().fake().asksUntilCompleted(1);
        boolean died = true;
        int checkpoints = 2;
        KillPoints points = new KillPoints("staging", 2);
        while (died) {
            int answers = points.next();
            // Every other time the whole machine is lost, state folder and all.
            boolean elsewhere = checkpoints % 2 == 1;
            int checkpoint = checkpoints++;
            StagingRequest request = new StagingRequest(
                    vpg, volume, new CheckpointId(checkpoint), history.disk(2), known(history, base, 2));
            lab().gateway().faults().dieAfter(answers);
            try {
                lab().staging().stage(request, progress -> {}, AwsLab.deadline());
            } catch (ProviderException killed) {
                assertTrue(lab().gateway().faults().died(), killed::toString);
            }
            died = lab().gateway().faults().died();
            if (elsewhere) {
                lab().restartElsewhere();
            } else {
                lab().restart();
            }
            StagedPoint point = lab().staging().stage(request, progress -> {}, AwsLab.deadline());
            lab().assertHolds(history.at(2), point.token());
            assertEquals(checkpoint, snapshots().size(), "snapshots after a kill behind request " + answers);
            assertEquals(
                    checkpoint, lab().staging().staged(vpg, AwsLab.deadline()).size());
            assertEquals(List.of(), files());
        }
        assertTrue(points.next() > 8, "staging takes more requests than that");
    }

    @Test
    void whatWasAcknowledgedIsNotWrittenAgain() throws Exception {
        VolumeHistory history = new VolumeHistory(SIZE_BYTES, 21);
        int blocks = VolumeHistory.differing(history.at(1), new byte[SIZE_BYTES]);
        lab().restart(Map.of("parallel-blocks", "1"));
        // Listing, start, and some of the blocks.
        lab().gateway().faults().dieAfter(2 + blocks / 2);
        assertThrows(ProviderException.class, () -> stage(history, 1, Optional.empty()));
        int before = lab().fake().takePuts();
        lab().restart();
        StagedPoint point = stage(history, 1, Optional.empty());
        lab().assertHolds(history.at(1), point.token());
        int after = lab().fake().takePuts();
        assertTrue(before >= blocks / 2, () -> before + " of " + blocks);
        // The one whose answer was lost is written twice.
        assertEquals(blocks + 1, before + after);
    }

    @Test
    void aPassedDeadlineIsNoLoss() throws Exception {
        VolumeHistory history = new VolumeHistory(SIZE_BYTES, 22);
        lab().fake().asksUntilCompleted(Integer.MAX_VALUE);
        ProviderException late = assertThrows(ProviderException.class, () -> lab().staging()
                .stage(request(history, 1, Optional.empty()), progress -> {}, Deadline.after(Duration.ofMillis(1500))));
        assertEquals(FailureKind.RETRY_LATER, late.kind());
        assertEquals(List.of(), lab().staging().staged(vpg, AwsLab.deadline()), "it is not complete");
        lab().fake().takePuts();
        lab().fake().asksUntilCompleted(0);
        StagedPoint point = stage(history, 1, Optional.empty());
        lab().assertHolds(history.at(1), point.token());
        assertEquals(0, lab().fake().takePuts());
    }

    @Test
    void aSnapshotThatAwsGivesUpIsMadeAnew() throws Exception {
        VolumeHistory history = new VolumeHistory(SIZE_BYTES, 23);
        lab().gateway().faults().dieAfter(5);
        assertThrows(ProviderException.class, () -> stage(history, 1, Optional.empty()));
        lab().restart();
        String half = snapshots().getFirst().snapshotId();
        lab().fake().fail(half);
        StagedPoint point = stage(history, 1, Optional.empty());
        assertFalse(half.equals(point.token()));
        lab().assertHolds(history.at(1), point.token());
        assertEquals(1, snapshots().size());
    }

    @Test
    void aBaseIsKeptWhileSomethingIsWrittenOnIt() throws Exception {
        VolumeHistory history = new VolumeHistory(SIZE_BYTES, 26);
        StagedPoint first = stage(history, 1, Optional.empty());
        history.advance(6);
        lab().gateway().faults().dieAfter(5);
        assertThrows(ProviderException.class, () -> stage(history, 2, known(history, first, 2)));
        lab().restart();
        assertEquals(
                FailureKind.RETRY_LATER,
                assertThrows(ProviderException.class, () -> lab().staging().forget(List.of(first), AwsLab.deadline()))
                        .kind());
        lab().assertHolds(history.at(1), first.token());
        StagedPoint second = stage(history, 2, known(history, first, 2));
        lab().staging().forget(List.of(first), AwsLab.deadline());
        lab().assertHolds(history.at(2), second.token());
    }
}
