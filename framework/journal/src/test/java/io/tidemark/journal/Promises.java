package io.tidemark.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.spi.id.CheckpointId;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What a journal has promised so far, as its owner saw it: what must be there after any fault, and what may be gone. */
final class Promises {
    private final TreeMap<CheckpointId, CheckpointRecord> attempted = new TreeMap<>();
    private final TreeMap<CheckpointId, CheckpointRecord> confirmed = new TreeMap<>();
    private final Map<CheckpointId, Pinning> pinnings = new HashMap<>();
    private final Set<CheckpointId> mayBeGone = new HashSet<>();
    private long durable;
    private long epoch;

    long durable() {
        return durable;
    }

    /** J4: only grows. */
    void durable(long position) {
        assertTrue(position >= durable, () -> "J4: durable up to " + durable + ", now " + position);
        durable = position;
    }

    long epoch() {
        return epoch;
    }

    void epoch(long raised) {
        epoch = raised;
    }

    void attempt(CheckpointRecord checkpoint) {
        attempted.put(checkpoint.id(), checkpoint);
    }

    void confirm(CheckpointRecord checkpoint) {
        confirmed.put(checkpoint.id(), checkpoint);
        pinnings.put(checkpoint.id(), checkpoint.pinning());
    }

    /** Pinning is about to change; which one it is then is not known until {@link #pinned}. */
    void pinning(CheckpointId id) {
        pinnings.remove(id);
    }

    void pinned(CheckpointId id, Pinning pinning) {
        pinnings.put(id, pinning);
        // It was there.
        mayBeGone.remove(id);
    }

    private boolean isSafe(CheckpointRecord checkpoint) {
        return pinnings.get(checkpoint.id()) == Pinning.PINNED
                || checkpoint.id().equals(confirmed.lastKey());
    }

    void expire(Instant before) {
        for (CheckpointRecord checkpoint : confirmed.values()) {
            if (checkpoint.time().isBefore(before) && !isSafe(checkpoint)) {
                mayBeGone.add(checkpoint.id());
            }
        }
    }

    void thin(Thinning thinning, Instant now) {
        for (CheckpointRecord checkpoint : confirmed.values()) {
            int tier = thinning.tierOf(checkpoint.time(), now);
            boolean notFirst = tier >= 0
                    && attempted.headMap(checkpoint.id()).values().stream()
                            .anyMatch(other -> thinning.intervalOf(tier, other.time())
                                    == thinning.intervalOf(tier, checkpoint.time()));
            if (notFirst && !isSafe(checkpoint) && checkpoint.kind() == CheckpointRecord.Kind.AUTOMATIC) {
                mayBeGone.add(checkpoint.id());
            }
        }
    }

    /** J2, J4, J5, J7 of a journal that was just opened. */
    void check(Journal journal, long appendedEver) {
        long recovered = journal.appendedPosition();
        assertEquals(recovered, journal.durablePosition());
        assertTrue(recovered >= durable, () -> "J2: durable up to " + durable + ", recovered " + recovered);
        assertTrue(recovered <= appendedEver, () -> "J2: " + recovered + " of " + appendedEver + " appended");
        durable = recovered;
        assertTrue(journal.epoch() >= epoch, "J7: epochs only grow");
        epoch = journal.epoch();
        Map<CheckpointId, CheckpointRecord> listed = new HashMap<>();
        journal.checkpoints().forEach(checkpoint -> listed.put(checkpoint.id(), checkpoint));
        journal.damagedCheckpoints().forEach(checkpoint -> listed.put(checkpoint.id(), checkpoint));
        for (CheckpointRecord checkpoint : listed.values()) {
            CheckpointRecord asked = attempted.get(checkpoint.id());
            assertTrue(
                    asked != null && asked.withPinning(checkpoint.pinning()).equals(checkpoint),
                    () -> checkpoint + " appeared");
            assertTrue(checkpoint.position() <= recovered, "J5");
            confirmed.put(checkpoint.id(), checkpoint);
        }
        for (CheckpointRecord checkpoint : confirmed.values()) {
            CheckpointRecord there = listed.get(checkpoint.id());
            assertTrue(
                    there != null || mayBeGone.contains(checkpoint.id()),
                    () -> checkpoint + " was durable and is gone; those that are there are " + listed.keySet());
            Pinning pinning = pinnings.get(checkpoint.id());
            if (there != null && pinning != null) {
                assertEquals(pinning, there.pinning(), there::toString);
            } else if (there != null) {
                pinnings.put(there.id(), there.pinning());
            }
        }
    }

    /** J9, J4: a journal that failed takes nothing, and nothing more becomes durable. */
    void checkFailed(Journal failed, Model.Built batch) {
        long before = failed.durablePosition();
        durable(before);
        assertThrows(JournalFailedException.class, () -> failed.append(batch.buffer()));
        assertThrows(JournalFailedException.class, failed::sync);
        assertThrows(JournalFailedException.class, failed::startSync);
        assertThrows(JournalFailedException.class, failed::finishSync);
        assertThrows(JournalFailedException.class, () -> failed.age(Instant.MAX));
        assertEquals(before, failed.durablePosition());
    }

    /** J5. */
    void checkTooEarly(Journal journal, CheckpointRecord early) {
        JournalRefusedException refused =
                assertThrows(JournalRefusedException.class, () -> journal.addCheckpoint(early), "J5");
        assertEquals(JournalRefusedException.Reason.NOT_DURABLE, refused.reason());
    }
}
