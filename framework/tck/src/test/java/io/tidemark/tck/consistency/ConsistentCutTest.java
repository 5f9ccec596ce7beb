package io.tidemark.tck.consistency;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.tck.consistency.ConsistentCut.Shown;
import io.tidemark.tck.consistency.DiskHistory.Write;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What the judge accepts and what it refuses, on histories written by hand and on random ones against the plain definition. */
final class ConsistentCutTest {
    private static final int DISK_BYTES = 2048;

    private final DiskHistory cause = new DiskHistory("cause", new byte[DISK_BYTES], new AtomicLong());
    private final DiskHistory effect = new DiskHistory("effect", new byte[DISK_BYTES], new AtomicLong());

    private static Write write(int offset, int value, long issued, long acknowledged) {
        byte[] data = new byte[512];
        Arrays.fill(data, (byte) value);
        return new Write(offset, data, issued, acknowledged);
    }

    /** The disk after some of its writes. */
    private static Shown after(DiskHistory disk, int writes) {
        byte[] contents = disk.firstContents();
        for (Write write : disk.writes().subList(0, writes)) {
            System.arraycopy(write.data(), 0, contents, write.offset(), write.data().length);
        }
        return new Shown(disk, contents);
    }

    private static String refusal(List<Shown> cut) {
        return String.valueOf(assertThrows(AssertionError.class, () -> ConsistentCut.check(cut))
                .getMessage());
    }

    @Test
    void aCauseMayBeThereWithoutItsEffectButNotTheOtherWayRound() {
        cause.add(write(0, 1, 1, 2));
        effect.add(write(0, 1, 3, 4));
        assertEquals(0, ConsistentCut.check(List.of(after(cause, 0), after(effect, 0))));
        assertEquals(1, ConsistentCut.check(List.of(after(cause, 1), after(effect, 0))));
        assertEquals(2, ConsistentCut.check(List.of(after(cause, 1), after(effect, 1))));
        String refusal = refusal(List.of(after(cause, 0), after(effect, 1)));
        assertTrue(refusal.contains("effect is present without its cause"), refusal);
    }

    @Test
    void writesAtTheSameTimeMayBeThereOrNot() {
        cause.add(write(0, 1, 1, 3));
        effect.add(write(0, 1, 2, 4));
        for (int held = 0; held < 4; held++) {
            ConsistentCut.check(List.of(after(cause, held & 1), after(effect, held >> 1)));
        }
    }

    @Test
    void aStateThatNeverWasIsRefused() {
        cause.add(write(0, 1, 1, 2));
        cause.add(write(512, 2, 3, 4));
        Shown wrong = after(cause, 2);
        wrong.contents()[0] = 0;
        assertTrue(refusal(List.of(wrong)).contains("no state after any"));
        Shown cutOff = new Shown(cause, new byte[512]);
        assertTrue(refusal(List.of(cutOff)).contains("no state after any"));
        Shown oneByte = after(cause, 1);
        oneByte.contents()[DISK_BYTES - 1] = 1;
        assertTrue(refusal(List.of(oneByte)).contains("no state after any"));
    }

    @Test
    void aWriteThatWasNeverAcknowledgedIsInTheCutOrNot() {
        cause.add(write(0, 1, 1, 2));
        cause.add(write(0, 2, 3, DiskHistory.NEVER));
        effect.add(write(0, 1, 9, 10));
        ConsistentCut.check(List.of(after(cause, 1), after(effect, 1)));
        ConsistentCut.check(List.of(after(cause, 2), after(effect, 1)));
        refusal(List.of(after(cause, 0), after(effect, 1)));
        // Those after it have to be there as ever.
        cause.add(write(512, 3, 5, 6));
        refusal(List.of(after(cause, 2), after(effect, 1)));
        ConsistentCut.check(List.of(after(cause, 3), after(effect, 1)));
    }

    @Test
    void aWriteThatChangesNothingCountsAsMuchAsOthersNeed() {
        cause.add(write(0, 1, 1, 2));
        effect.add(write(0, 1, 3, 4));
        // Rewrites what is there: whether the cut holds it cannot be seen.
        cause.add(write(0, 1, 5, 6));
        effect.add(write(0, 2, 7, 8));
        ConsistentCut.check(List.of(after(cause, 1), after(effect, 0)));
        assertEquals(4, ConsistentCut.check(List.of(after(cause, 1), after(effect, 2))));
    }

    /** The same question put the plain way: is there any choice of numbers of writes that has no objection? */
    @Test
    void agreesWithTheDefinitionOnRandomCuts() {
        for (int seed = 0; seed < 4000; seed++) {
            Random random = new Random(seed);
            AtomicLong moments = new AtomicLong();
            List<DiskHistory> disks = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                disks.add(new DiskHistory("disk" + i, new byte[DISK_BYTES], moments));
            }
            for (int i = 0; i < 6; i++) {
                long issued = moments.incrementAndGet();
                // Few values and places, so that states come back.
                disks.get(random.nextInt(3))
                        .add(write(512 * random.nextInt(2), random.nextInt(2), issued, moments.incrementAndGet()));
            }
            List<Shown> cut = new ArrayList<>();
            for (DiskHistory disk : disks) {
                cut.add(after(disk, random.nextInt(disk.size() + 1)));
            }
            boolean lawful = anyChoiceIsLawful(cut, 0, new int[3]);
            boolean accepted;
            try {
                ConsistentCut.check(cut);
                accepted = true;
            } catch (AssertionError refused) {
                accepted = false;
            }
            assertEquals(lawful, accepted, "seed " + seed);
        }
    }

    private static boolean anyChoiceIsLawful(List<Shown> cut, int disk, int[] choice) {
        if (disk == cut.size()) {
            long newest = 0;
            long oldest = Long.MAX_VALUE;
            for (int i = 0; i < choice.length; i++) {
                List<Write> writes = cut.get(i).disk().writes();
                for (int j = 0; j < writes.size(); j++) {
                    if (j < choice[i]) {
                        newest = Math.max(newest, writes.get(j).issued());
                    } else {
                        oldest = Math.min(oldest, writes.get(j).acknowledged());
                    }
                }
            }
            return newest <= oldest;
        }
        for (int held = 0; held <= cut.get(disk).disk().size(); held++) {
            if (Arrays.equals(
                    after(cut.get(disk).disk(), held).contents(), cut.get(disk).contents())) {
                choice[disk] = held;
                if (anyChoiceIsLawful(cut, disk + 1, choice)) {
                    return true;
                }
            }
        }
        return false;
    }
}
