package io.tidemark.replication.receive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.journal.HistoryLimits;
import io.tidemark.journal.HistoryLimits.WhenFull;
import io.tidemark.journal.Thinning;
import io.tidemark.replication.receive.VpgRoom.Intake;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class IntakeGateTest {
    private static final long LIMIT = 1_000L << 20;
    private static final double MIB_PER_SECOND = 1 << 20;

    private final CountDownLatch measured = new CountDownLatch(1);
    private final IntakeGate gate = new IntakeGate(measured::countDown);

    private static HistoryLimits limits(WhenFull whenFull) {
        return new HistoryLimits(Duration.ofHours(1), LIMIT, whenFull, Thinning.NONE);
    }

    private Intake judge(WhenFull whenFull, int percent) {
        return gate.judge(LIMIT / 100 * percent, limits(whenFull), MIB_PER_SECOND);
    }

    @Test
    void shortenNeverHoldsBack() {
        assertEquals(Intake.OPEN, judge(WhenFull.SHORTEN, 150));
        assertTrue(gate.admit(1 << 20));
    }

    @Test
    void stopBeginsAtTheLimitAndEndsClearlyBelowIt() {
        assertEquals(Intake.OPEN, judge(WhenFull.STOP, 99));
        assertTrue(gate.admit(4096));
        assertEquals(Intake.STOPPED, judge(WhenFull.STOP, 100));
        assertFalse(gate.admit(4096));
        assertEquals(Intake.STOPPED, judge(WhenFull.STOP, 96));
        assertEquals(Intake.OPEN, judge(WhenFull.STOP, 94));
        assertTrue(gate.admit(4096));
    }

    @Test
    void anotherPolicyTakesAStopAway() {
        assertEquals(Intake.STOPPED, judge(WhenFull.STOP, 120));
        assertEquals(Intake.OPEN, judge(WhenFull.SHORTEN, 120));
        assertEquals(Intake.STOPPED, judge(WhenFull.STOP, 120));
        HistoryLimits unlimited =
                new HistoryLimits(Duration.ofHours(1), VpgRoom.UNLIMITED, WhenFull.STOP, Thinning.NONE);
        assertEquals(Intake.OPEN, gate.judge(LIMIT, unlimited, 0));
    }

    @Test
    void slowKeepsTheRateAndNoLess() {
        assertEquals(Intake.OPEN, judge(WhenFull.SLOW, 89));
        assertEquals(Intake.SLOWED, judge(WhenFull.SLOW, 100));
        // Half of what the history has room for: 2 MiB take 4 s; the first frame waits for its own bytes too.
        long since = System.nanoTime();
        for (int i = 0; i < 8; i++) {
            assertTrue(gate.admit(256 << 10));
        }
        long millis = Duration.ofNanos(System.nanoTime() - since).toMillis();
        assertTrue(millis >= 3_900, "2 MiB at 512 KiB/s took " + millis + " ms");
        assertEquals(Intake.SLOWED, judge(WhenFull.SLOW, 89), "not before it is clearly better");
        assertEquals(Intake.OPEN, judge(WhenFull.SLOW, 87));
    }

    @Test
    void aFrameThatWaitsGoesOnWhenThereIsRoomAgain() throws InterruptedException {
        assertEquals(Intake.SLOWED, judge(WhenFull.SLOW, 100));
        CountDownLatch through = new CountDownLatch(1);
        Thread lane = Thread.ofVirtual().start(() -> {
            // At this rate a minute's wait.
            assertTrue(gate.admit(32 << 20));
            through.countDown();
        });
        assertFalse(through.await(200, TimeUnit.MILLISECONDS), "it waits");
        assertEquals(Intake.OPEN, judge(WhenFull.SLOW, 10));
        assertTrue(through.await(10, TimeUnit.SECONDS));
        lane.join();
    }

    @Test
    void roomIsMeasuredAgainWhenWhatWasLeftIsUsedUp() throws InterruptedException {
        assertEquals(Intake.OPEN, judge(WhenFull.STOP, 99));
        for (int i = 0; i < 10; i++) {
            assertTrue(gate.admit(1 << 20));
        }
        assertEquals(1, measured.getCount(), "ten MiB were left");
        assertTrue(gate.admit(1 << 20));
        assertTrue(measured.await(10, TimeUnit.SECONDS));
    }
}
