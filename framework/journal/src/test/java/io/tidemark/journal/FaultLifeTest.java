package io.tidemark.journal;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/**
 * J1, J2, J4, J5, J7, J8, J9, J10 over many random lives on a store that fails. {@code -Dtidemark.faultLives=N} tries more of them than usual,
 * {@code -Dtidemark.seed=N} replays one.
 */
final class FaultLifeTest {
    private static final int LIVES = Integer.getInteger("tidemark.faultLives", 3_000);
    private static final int STEPS = 45;

    @Test
    void everyPromiseIsKept() {
        FaultsSeen seen = new FaultsSeen();
        Seeds.check(LIVES, random -> new FaultLife(random, seen).run(STEPS));
        if (Long.getLong("tidemark.seed") == null) {
            for (FaultPlan.Kind kind : FaultPlan.Kind.values()) {
                assertTrue(
                        kind == FaultPlan.Kind.NOTHING || seen.faults.of(kind) > LIVES / 40,
                        () -> kind + " was rare: " + seen.faults);
            }
            assertTrue(seen.folded > LIVES / 20, () -> "segments folded: " + seen.folded);
            assertTrue(seen.thinnedBytes > LIVES * 1000L, () -> "bytes thinned out: " + seen.thinnedBytes);
            assertTrue(seen.marks > LIVES / 20, () -> "checkpoints marked as damaged: " + seen.marks);
            assertTrue(seen.resent > LIVES / 20, () -> "batches sent again: " + seen.resent);
            assertTrue(seen.pendingAtFault > LIVES / 20, () -> "faults while a sync was begun: " + seen.pendingAtFault);
        }
    }
}
