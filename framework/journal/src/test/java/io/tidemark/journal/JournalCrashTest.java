package io.tidemark.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.journal.MemoryFiles.Call;
import io.tidemark.journal.MemoryFiles.Fault;
import io.tidemark.journal.MemoryFiles.Survival;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** J2, J3, J4, J8, J9, J10: the process dies, or the disk fails, at every single call that changes a file. */
final class JournalCrashTest {
    /** How many changing calls the scenario makes when nothing goes wrong. */
    private static int callsOf(long seed) throws IOException {
        MemoryFiles files = new MemoryFiles();
        CrashScenario scenario = new CrashScenario(seed);
        int[] punches = new int[1];
        files.setFaults((kind, file) -> {
            punches[0] += kind == Call.PUNCH ? 1 : 0;
            return Fault.NONE;
        });
        scenario.run(files, new ArrayList<>());
        assertTrue(punches[0] > 2, "history is thinned out: " + punches[0]);
        scenario.verifyAndGoOn(files.copy());
        return files.changes();
    }

    private static MemoryFiles.Faults at(MemoryFiles files, int call, Fault fault) {
        // The counter has been raised already when the fault is asked for, except for writes, where it is asked for
        // first.
        return (kind, file) -> {
            boolean now = kind.changes() && files.changes() == (kind == Call.WRITE ? call - 1 : call);
            boolean applies = fault != Fault.HALF || kind == Call.WRITE;
            return now && applies ? fault : Fault.NONE;
        };
    }

    /** Runs the scenario until the process dies at a call; what is left of its files. */
    private static MemoryFiles crash(CrashScenario scenario, int call, Random random, Survival survival)
            throws IOException {
        MemoryFiles files = new MemoryFiles();
        files.setFaults(at(files, call, Fault.CRASH));
        try {
            scenario.run(files, new ArrayList<>());
        } catch (IOException e) {
            assertTrue(hasCause(e, MemoryFiles.Crashed.class), () -> "not the injected crash: " + e);
        }
        return files.afterCrash(random, survival);
    }

    private static boolean hasCause(Throwable thrown, Class<?> kind) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (kind.isInstance(cause)) {
                return true;
            }
        }
        return false;
    }

    private static void crashEverywhere(Survival survival, int seeds) {
        Seeds.check(seeds, seeded -> {
            long seed = seeded.nextLong();
            int calls = callsOf(seed);
            for (int call = 1; call <= calls; call++) {
                CrashScenario scenario = new CrashScenario(seed);
                Random random = new Random(seed + call);
                try {
                    scenario.verifyAndGoOn(crash(scenario, call, random, survival));
                } catch (IOException | AssertionError e) {
                    throw new AssertionError("killed at call " + call + " of " + calls + ": " + e.getMessage(), e);
                }
            }
        });
    }

    @Test
    void killedAtEveryCallWithNothingUnsyncedLeft() {
        crashEverywhere(Survival.NOTHING, 1);
    }

    @Test
    void killedAtEveryCallWithEverythingUnsyncedLeft() {
        crashEverywhere(Survival.EVERYTHING, 1);
    }

    @Test
    void killedAtEveryCallWithUnsyncedSectorsTorn() {
        crashEverywhere(Survival.RANDOM, 1);
    }

    /** J2: recovery itself is killed, at a random call, three times over. */
    @Test
    void killedDuringRecovery() {
        Seeds.check(80, random -> {
            long seed = random.nextInt(5);
            CrashScenario scenario = new CrashScenario(seed);
            MemoryFiles files = crash(scenario, 20 + random.nextInt(250), random, Survival.RANDOM);
            for (int i = 0; i < 3; i++) {
                files.setFaults(at(files, 1 + random.nextInt(8), Fault.CRASH));
                try {
                    if (Journal.exists(CrashScenario.FOLDER, files)) {
                        Journal.open(CrashScenario.FOLDER, CrashScenario.CONFIG, files);
                    }
                } catch (MemoryFiles.Crashed e) {
                    assertTrue(files.changes() > 0);
                }
                files = files.afterCrash(random, Survival.RANDOM);
            }
            scenario.verifyAndGoOn(files);
        });
    }

    /**
     * J9, J4: a call fails instead. The journal turns read-only and keeps its promises; opened again, what it then calls durable survives a
     * crash that loses everything that was never really fsynced.
     */
    private static void failEverywhere(Fault fault) {
        Seeds.check(1, seeded -> {
            long seed = seeded.nextLong();
            int calls = callsOf(seed);
            for (int call = 1; call <= calls; call++) {
                try {
                    fail(seed, call, fault);
                } catch (IOException | AssertionError e) {
                    throw new AssertionError("call " + call + " of " + calls + " fails: " + e.getMessage(), e);
                }
            }
        });
    }

    private static void fail(long seed, int call, Fault fault) throws IOException {
        CrashScenario scenario = new CrashScenario(seed);
        MemoryFiles files = new MemoryFiles();
        List<Journal> opened = new ArrayList<>();
        files.setFaults(at(files, call, fault));
        try {
            scenario.run(files, opened);
            return; // the call is of a kind that this fault does not befall
        } catch (IOException e) {
            files.setFaults((kind, file) -> Fault.NONE);
            if (!opened.isEmpty()) {
                assertEquals(JournalFailedException.class, e.getClass(), () -> "unexpected: " + e);
                scenario.verifyFailed(opened.getFirst());
                opened.getFirst().close();
            }
        }
        files.setFaults((kind, file) -> Fault.NONE);
        scenario.verifyAndGoOn(files);
        scenario.verifyAndGoOn(files.afterCrash(new Random(call), Survival.NOTHING));
    }

    @Test
    void everyCallFailsOnce() {
        failEverywhere(Fault.ERROR);
    }

    @Test
    void everyWriteStopsHalfway() {
        failEverywhere(Fault.HALF);
    }
}
