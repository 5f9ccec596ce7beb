package io.tidemark.journal;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Chooses the checkpoints that a {@link Thinning} takes away. Whether one goes depends on the checkpoints and the time alone, so all journals of
 * a VPG choose the same, and choosing again after they are gone chooses none. Used once by one thread; changes nothing.
 */
final class CheckpointThinning {
    private final CheckpointTable table;
    private final Thinning thinning;
    private final Instant now;
    private final Set<Long> held;
    private final List<IdRange> chosen = new ArrayList<>();
    private long runFirst;
    private long runLast;
    private boolean inRun;

    /** @param held ids of checkpoints that views are open on */
    CheckpointThinning(CheckpointTable table, Thinning thinning, Instant now, Set<Long> held) {
        this.table = table;
        this.thinning = thinning;
        this.now = now;
        this.held = held;
    }

    /** The ids of those that go, oldest first; O(checkpoints). */
    List<IdRange> choose(int atMost) {
        int lastTier = -1;
        long lastInterval = 0;
        boolean hasGood = false;
        // The newest one stays.
        for (int i = 0; i + 1 < table.size() && chosen.size() < atMost; i++) {
            int tier = thinning.tierOf(table.time(i), now);
            long interval = tier < 0 ? 0 : thinning.intervalOf(tier, table.time(i));
            boolean first = tier < 0 || tier != lastTier || interval != lastInterval;
            boolean firstGood = !first && !hasGood && !table.damaged(i);
            hasGood = (!first && hasGood) || !table.damaged(i);
            lastTier = tier;
            lastInterval = interval;
            boolean goes = !first && !firstGood && table.thinnable(i) && !held.contains(table.id(i));
            if (goes) {
                runFirst = inRun ? runFirst : table.id(i);
                runLast = table.id(i);
                inRun = true;
            } else {
                endRun();
            }
        }
        if (chosen.size() < atMost) {
            endRun();
        }
        return List.copyOf(chosen);
    }

    private void endRun() {
        if (inRun) {
            chosen.add(new IdRange(runFirst, runLast));
            inRun = false;
        }
    }
}
