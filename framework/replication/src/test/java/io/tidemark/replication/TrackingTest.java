package io.tidemark.replication;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.journal.CheckpointRecord;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VpgId;
import io.tidemark.spi.plugin.Deadline;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Protection by freezes, as its user sees it. */
class TrackingTest extends TrackingScene {
    @Test
    void checkpointsAreTheFreezesAndCarryTheirMoments() throws Exception {
        for (int i = 0; i < 200; i++) {
            writeSomething();
        }
        VpgId vpg = protect();
        for (int round = 0; round < 6; round++) {
            for (int i = 0; i < 30; i++) {
                writeSomething();
            }
            assertExact(vpg, freshCheckpoint(vpg));
        }
        assertTrue(heard.said("STREAMING BITMAP: Protected by snapshots; a recovery point about every "));
        assertTrue(heard.said("consistent within a VM, not across them"));
        // In between two freezes the VPG is protected: it does not flap between states.
        assertFalse(heard.words.stream().anyMatch(each -> each.startsWith("SYNCING BITMAP")));
        for (FrozenVm vm : vms) {
            assertTrue(vm.shortestPauseNanos() >= INTERVAL.toNanos() * 9 / 10, "frozen too often: " + vm.id);
        }
        assertAllExact(vpg);
    }

    @Test
    void eachStateIsCutOnceAndNoFreezeIsMadeThatNobodyWants() throws Exception {
        VpgId vpg = protect();
        CheckpointRecord first = freshCheckpoint(vpg);
        await("the next state waits for its cut", () -> vms.stream()
                .allMatch(vm -> vm.newestFreeze().isAfter(first.time()) && !vm.isFrozen()));
        int freezes = vms.getFirst().freezes();
        Thread.sleep(3 * INTERVAL.toMillis()); // a freeze too many would come in this time
        assertEquals(freezes, vms.getFirst().freezes());
        await("the state is cut", () -> tick(vpg));
        assertFalse(tick(vpg), "the same state became two checkpoints");
    }

    @Test
    void onlyChangesAreReadAndSent() throws Exception {
        for (int i = 0; i < 400; i++) {
            writeSomething();
        }
        VpgId vpg = protect();
        freshCheckpoint(vpg);
        freshCheckpoint(vpg);
        long read = hypervisor.bytesRead.get();
        long sent = shipped(vpg);
        byte[] data = new byte[4096];
        random.nextBytes(data);
        vms.getFirst().write(0, 128 << 10, data);
        assertExact(vpg, freshCheckpoint(vpg));
        assertTrue(hypervisor.bytesRead.get() - read <= 64 << 10, "read " + (hypervisor.bytesRead.get() - read));
        assertTrue(shipped(vpg) - sent < 100 << 10, "sent " + (shipped(vpg) - sent));
    }

    @Test
    void resetTrackingAndRestartCompareByChecksumAndSendDifferencesOnly() throws Exception {
        for (int i = 0; i < 400; i++) {
            writeSomething();
        }
        VpgId vpg = protect();
        freshCheckpoint(vpg);
        long sent = shipped(vpg);
        vms.forEach(FrozenVm::resetTracking);
        byte[] data = new byte[4096];
        random.nextBytes(data);
        vms.getFirst().write(0, 128 << 10, data);
        await("the reset is told", () -> {
            tick(vpg);
            return heard.said("tracking was reset");
        });
        assertExact(vpg, freshCheckpoint(vpg));
        assertTrue(heard.said("SYNCING DELTA"));
        assertTrue(shipped(vpg) - sent < 200 << 10, "sent " + (shipped(vpg) - sent));

        ReplicatedVpg definition = lyon.prepareFrozen(vpg, vms);
        engine.close();
        startProcess(INTERVAL);
        vms.getFirst().write(0, 0, data);
        engine.start(definition, heard);
        assertExact(vpg, freshCheckpoint(vpg));
        assertTrue(shipped(vpg) < 200 << 10, "sent " + shipped(vpg));
        assertAllExact(vpg);
    }

    @Test
    void whatAPersonAsksForIsFrozenAfterTheAsking() throws Exception {
        VpgId vpg = protect();
        freshCheckpoint(vpg);
        for (int i = 0; i < 5; i++) {
            writeSomething();
            Instant asked = Instant.now();
            assertTrue(cut(vpg, CheckpointRecord.Kind.TAGGED, "before the update " + i));
            String tag = "before the update " + i;
            await(
                    "the tagged checkpoint is durable",
                    () -> newest(vpg).orElseThrow().tag().equals(tag));
            CheckpointRecord made = newest(vpg).orElseThrow();
            assertFalse(made.time().isBefore(asked.minusMillis(1)), made + " was asked for at " + asked);
            assertExact(vpg, made);
        }
    }

    @Test
    void whatCannotBeFrozenSoonIsRefusedWithTheReason() throws Exception {
        engine.close();
        startProcess(Duration.ofMinutes(5));
        VpgId vpg = protect();
        await("the first state is cut", () -> tick(vpg));
        long since = System.nanoTime();
        assertFalse(cut(vpg, CheckpointRecord.Kind.TAGGED, "now"));
        assertTrue(System.nanoTime() - since < 5_000_000_000L, "it waited for nothing");
        String words = detail(vpg);
        assertTrue(words.contains("bears the next snapshot in"), words);
        ProviderException late =
                assertThrows(ProviderException.class, () -> engine.drain(vpg, Deadline.after(Duration.ofMillis(200))));
        assertTrue(late.why().contains("possible in"), late.why());
    }

    @Test
    void aDrainedVpgHasItsNewestStateAndCutsItWhoeverCutBefore() throws Exception {
        VpgId vpg = protect();
        freshCheckpoint(vpg);
        writeSomething();
        Instant asked = Instant.now();
        engine.drain(vpg, Deadline.after(Duration.ofSeconds(60)));
        assertTrue(tick(vpg), "as control's timer does");
        assertTrue(tick(vpg), "as a failover does after it shut the VMs down");
        long last = nextCheckpoint.get();
        await("the last checkpoint is durable", () -> heard.durable.contains(new CheckpointId(last)));
        CheckpointRecord made = newest(vpg).orElseThrow();
        assertFalse(made.time().isBefore(asked.minusMillis(1)));
        assertExact(vpg, made);
    }

    @Test
    void aVpgOfCapturedAndFrozenVmsIsRefusedInWords() throws Exception {
        VpgId vpg = VpgId.random();
        ReplicatedVpg frozen = lyon.prepareFrozen(vpg, vms);
        List<ReplicatedVpg.Member> members = new ArrayList<>(frozen.members());
        ReplicatedVpg.Member first = members.getFirst();
        members.set(0, new ReplicatedVpg.Member(first.vm(), "capturing", first.volumes()));
        engine.start(new ReplicatedVpg(vpg, 1, frozen.recoverySite(), members), heard);
        await("it is refused", () -> heard.said("Put them into two VPGs"));
        assertFalse(tick(vpg));
        engine.stop(vpg);
        assertEquals(0, vms.getLast().freezes());
    }

    @Test
    void failedFreezesAreToldAndGoneOnFrom() throws Exception {
        VpgId vpg = protect();
        freshCheckpoint(vpg);
        await("the failure is told", () -> {
            // Again and again: what fails may be a step that needs no words, such as a read that is tried again.
            hypervisor.failAfter(1);
            tick(vpg);
            return heard.said("Cannot make a snapshot, retrying") || heard.said("was not copied to its end");
        });
        hypervisor.failAfter(Integer.MAX_VALUE);
        writeSomething();
        assertExact(vpg, freshCheckpoint(vpg));
        String words = detail(vpg);
        assertTrue(words.startsWith("Protected by snapshots"), words);
    }

    @Test
    void theEndOfProtectionLeavesNothingBehind() throws Exception {
        VpgId vpg = protect();
        VpgId other = protect();
        freshCheckpoint(vpg);
        engine.stop(vpg);
        assertEquals(0, vms.getFirst().forgotten, "another VPG still needs it");
        freshCheckpoint(other);
        engine.stop(other);
        for (FrozenVm vm : vms) {
            assertEquals(1, vm.forgotten);
            assertFalse(vm.isFrozen());
        }
    }

    @Test
    void aVmInTwoVpgsIsNeverFrozenTwiceAndBothGoOn() throws Exception {
        VpgId one = protect();
        VpgId two = protect();
        for (int i = 0; i < 4; i++) {
            writeSomething();
            assertExact(one, freshCheckpoint(one));
            tick(two);
            assertExact(two, freshCheckpoint(two));
        }
        for (FrozenVm vm : vms) {
            assertTrue(vm.shortestPauseNanos() >= INTERVAL.toNanos() * 9 / 10, "frozen too often: " + vm.id);
        }
    }

    @Test
    void aSlowRecoverySiteDoesNotCostTheOtherOneItsRecoveryPoints() throws Exception {
        for (int i = 0; i < 300; i++) {
            writeSomething();
        }
        oslo.network.slow(Duration.ofMillis(150));
        VpgId slow = VpgId.random();
        Heard atOslo = new Heard();
        engine.start(oslo.prepareFrozen(slow, vms), atOslo);
        await("the slow one begins", () -> vms.getFirst().isFrozen());
        VpgId fast = protect();
        for (int i = 0; i < 3; i++) {
            writeSomething();
            assertExact(fast, freshCheckpoint(fast));
        }
        assertTrue(atOslo.said("the turn of another VPG"));
        assertEquals(List.of(), oslo.journals().checkpoints(slow));
        oslo.network.slow(Duration.ZERO);
        await("the slow one has its checkpoint, too", () -> {
            tick(fast);
            tick(slow);
            return !atOslo.durable.isEmpty();
        });
    }
}
