package io.tidemark.replication;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.journal.CheckpointRecord;
import io.tidemark.spi.id.VpgId;
import io.tidemark.spi.plugin.Deadline;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Links, freezes, reads and processes break at random; each checkpoint is what a freeze showed all the same. Replayed with {@code -Dtidemark.seed=N}. */
class TrackingTroublesTest extends TrackingScene {
    @Test
    void everyCheckpointIsExactWhateverBreaks() throws Exception {
        VpgId vpg = VpgId.random();
        ReplicatedVpg definition = lyon.prepareFrozen(vpg, vms);
        engine.start(definition, heard);
        AtomicBoolean stop = new AtomicBoolean();
        long guestSeed = random.nextLong();
        Thread guests = Thread.ofPlatform().start(() -> {
            Random writes = new Random(guestSeed);
            while (!stop.get()) {
                vms.get(writes.nextInt(vms.size())).write(writes);
                LockSupport.parkNanos(200_000);
            }
        });
        int kills = 0;
        try {
            freshCheckpoint(vpg);
            for (int i = 0; i < Integer.getInteger("tidemark.troubles", 60); i++) {
                switch (random.nextInt(7)) {
                    case 0 -> {
                        lyon.network.cut();
                        tickFor(vpg, random.nextInt(60));
                        lyon.network.plug();
                    }
                    case 1 -> vms.get(random.nextInt(vms.size())).resetTracking();
                    case 2 -> hypervisor.failAfter(1 + random.nextInt(20));
                    case 3 -> lyon.network.slow(Duration.ofMillis(random.nextInt(12)));
                    case 4 -> lyon.restart();
                    case 5 -> {
                        kills++;
                        killAndRestart(definition);
                    }
                    default -> cut(vpg, CheckpointRecord.Kind.TAGGED, "tag " + i);
                }
                tickFor(vpg, random.nextInt(150));
            }
            lyon.network.slow(Duration.ZERO);
            hypervisor.failAfter(Integer.MAX_VALUE);
            freshCheckpoint(vpg);
        } finally {
            stop.set(true);
            guests.join();
        }
        int exact = assertAllExact(vpg);
        System.err.println(exact + " checkpoints are exact, after " + kills + " kills");
        assertTrue(exact >= 5, "too few checkpoints to prove anything: " + exact + ", seed " + seed);
    }

    private void tickFor(VpgId vpg, int millis) throws InterruptedException {
        Deadline end = Deadline.after(Duration.ofMillis(millis));
        while (!end.passed()) {
            tick(vpg);
            Thread.sleep(5);
        }
    }

    private void killAndRestart(ReplicatedVpg definition) throws Exception {
        ReplicationEngine old = engine;
        TrackingSite killed = hypervisor;
        killed.killAfter(1 + random.nextInt(25));
        await("it is killed", () -> {
            tick(definition.id());
            return killed.killed;
        });
        lyon.network.cut();
        lyon.network.plug();
        old.close();
        startProcess(INTERVAL);
        engine.start(definition, heard);
    }
}
