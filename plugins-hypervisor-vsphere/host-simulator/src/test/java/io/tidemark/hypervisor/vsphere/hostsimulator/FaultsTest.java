package io.tidemark.hypervisor.vsphere.hostsimulator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.hypervisor.vsphere.filter.AttachSpec;
import io.tidemark.hypervisor.vsphere.filter.FilterAttachment;
import io.tidemark.hypervisor.vsphere.filter.FilterClient;
import io.tidemark.hypervisor.vsphere.filter.protocol.AttachMode;
import io.tidemark.hypervisor.vsphere.filter.protocol.AttachmentState;
import io.tidemark.hypervisor.vsphere.filter.protocol.GapCause;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Connections that break and filters that do not keep up: what the guest feels of it, and what the filter may believe afterwards. */
final class FaultsTest {
    private static final int LIMIT_MILLIS = 400;

    /** Two busy cores, a garbage collection, a slow disk: generous, and still far from a guest that hangs. */
    private static final long MARGIN_NANOS = Duration.ofMillis(1500).toNanos();

    private final Lab lab;

    FaultsTest(@TempDir Path datastore) throws Exception {
        lab = new Lab(datastore);
    }

    @AfterEach
    void close() throws Exception {
        lab.close();
    }

    private FilterAttachment attach(FilterClient client, Shadow shadow, int limitMillis) throws Exception {
        return client.attach(
                new AttachSpec(Lab.DISK, AttachMode.HOLD, Duration.ofMillis(limitMillis), 256 << 10),
                shadow,
                Lab.soon());
    }

    private void busyGuest(long seed) throws Exception {
        lab.with("workload", "random").with("writes-per-second", 400).with("threads-per-disk", 3);
        lab.with("zero-percent", 10).with("flush-percent", 2).with("seed", seed);
        lab.powerOn();
    }

    private static void pause(long millis) {
        long until = System.nanoTime() + Duration.ofMillis(millis).toNanos();
        for (long left = 1; left > 0; left = until - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    /**
     * The heart of the matter: whatever happens to connections and filter, when the host says that there is no gap the shadow is the disk; and
     * no write of the guest takes longer than the limit.
     */
    @Test
    void shadowIsTheDiskWheneverContinuityIsClaimed() throws Exception {
        long seed = System.nanoTime();
        System.out.println("FaultsTest seed " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        FilterClient client = lab.client();
        busyGuest(seed);
        Map<Fault, Integer> claims = new EnumMap<>(Fault.class);
        Map<Fault, Integer> gaps = new EnumMap<>(Fault.class);
        for (int round = 0; round < 24; round++) {
            Fault fault = Fault.values()[round % Fault.values().length];
            String replay = "seed " + seed + ", round " + round + ", " + fault;
            Shadow shadow = new Shadow(Lab.DISK_BYTES);
            int limitMillis = fault == Fault.SLOW ? 2000 : LIMIT_MILLIS; // slow, not stalled, even on a busy machine
            FilterAttachment attachment = attach(client, shadow, limitMillis);
            lab.vcenter.clearReport(Lab.VM);
            inject(fault, random, client, shadow, replay);
            lab.awaitMoreWrites(100);
            long longest = lab.vcenter.report(Lab.VM).path("longestNanos").asLong();
            assertTrue(
                    longest < Duration.ofMillis(limitMillis).toNanos() + MARGIN_NANOS,
                    () -> replay + ": a write took " + Duration.ofNanos(longest));
            lab.powerOff();
            AttachmentState state = attachment.status(Lab.soon());
            if (state.gap().isEmpty()) {
                Lab.await(replay + ": all is delivered", () -> shadow.last() == state.issuedSequence());
                assertEquals(Optional.empty(), attachment.status(Lab.soon()).gap(), replay);
                assertArrayEquals(lab.contents(0), shadow.bytes(), replay);
                claims.merge(fault, 1, Integer::sum);
            } else {
                Lab.await(replay + ": the gap is told", () -> shadow.gap() != null);
                assertTrue(shadow.last() >= state.completedSequence(), replay);
                gaps.merge(fault, 1, Integer::sum);
            }
            assertFalse(shadow.jumped(), () -> replay + ": a sequence was left out or came twice");
            assertTrue(shadow.gaps() <= 1, replay);
            attachment.close();
            lab.powerOn();
        }
        System.out.println("FaultsTest claims " + claims + ", gaps " + gaps);
        assertTrue(claims.getOrDefault(Fault.SHORT_CUTS, 0) > 0, "short cuts are survived");
        assertEquals(null, gaps.get(Fault.SLOW), "a filter within the limit loses nothing");
        assertEquals(null, claims.get(Fault.LONG_CUT), "a filter beyond the limit has a gap");
        assertEquals(null, claims.get(Fault.STALL), "a filter beyond the limit has a gap");
    }

    private enum Fault {
        SHORT_CUTS,
        SLOW,
        LONG_CUT,
        SHORT_HOLD,
        STALL,
        CUTS_WHILE_SLOW
    }

    private void inject(Fault fault, SplittableRandom random, FilterClient client, Shadow shadow, String replay)
            throws Exception {
        if (fault == Fault.SHORT_CUTS) { // while the disk is read
            SplittableRandom own = random.split();
            Thread cutting = Thread.ofPlatform().start(() -> cuts(own, 5));
            shadow.sync(client, Lab.DISK);
            assertTrue(cutting.join(Duration.ofSeconds(20)), replay);
            return;
        }
        shadow.sync(client, Lab.DISK);
        switch (fault) {
            case SLOW -> {
                shadow.delay(Duration.ofMillis(random.nextInt(1, 15)).toNanos());
                pause(400);
            }
            case LONG_CUT -> {
                lab.line.down();
                pause(LIMIT_MILLIS + 200);
                lab.line.up();
            }
            case SHORT_HOLD -> {
                lab.line.hold();
                pause(random.nextInt(20, LIMIT_MILLIS / 2));
                lab.line.release();
            }
            case STALL -> {
                shadow.withhold();
                Lab.await(replay + ": the gap is told without being asked for", () -> shadow.gap() != null);
            }
            case SHORT_CUTS, CUTS_WHILE_SLOW -> {
                shadow.delay(Duration.ofMillis(3).toNanos());
                cuts(random, 3);
            }
        }
    }

    private void cuts(SplittableRandom random, int count) {
        for (int i = 0; i < count; i++) {
            pause(random.nextInt(10, 80));
            lab.line.cut();
        }
        pause(50);
    }

    /** A cut with writes on their way in every state: handed out, arrived, completed but not told. */
    @Test
    void reconnectWithinTheLimitLosesNothing() throws Exception {
        lab.with("workload", "random").with("writes-per-second", "max").with("threads-per-disk", 6);
        FilterClient client = lab.client();
        lab.powerOff();
        Shadow shadow = new Shadow(Lab.DISK_BYTES);
        FilterAttachment attachment = attach(client, shadow, 2000);
        shadow.sync(client, Lab.DISK);
        lab.powerOn();
        for (int round = 0; round < 10; round++) {
            lab.awaitMoreWrites(20);
            shadow.withhold();
            Lab.await("writes are under way", () -> shadow.withheld() == 6);
            lab.line.down();
            Lab.await("the client knows", () -> !client.connected());
            shadow.completeAll(attachment); // nobody can be told of it now
            lab.line.up();
        }
        lab.awaitMoreWrites(20);
        lab.powerOff();
        AttachmentState state = attachment.status(Lab.soon());
        assertEquals(Optional.empty(), state.gap());
        Lab.await("all is delivered", () -> shadow.last() == state.issuedSequence());
        assertFalse(shadow.jumped(), "a sequence was left out or came twice");
        assertArrayEquals(lab.contents(0), shadow.bytes());
    }

    /** Handed out and lost on the way: it is handed out again, and the guest's write ends within the limit. */
    @Test
    void whatWasOnTheWireIsHandedOutAgain() throws Exception {
        lab.powerOn();
        FilterClient client = lab.client();
        Shadow shadow = new Shadow(Lab.DISK_BYTES);
        FilterAttachment attachment = attach(client, shadow, 2000);
        for (int number = 1; number <= 5; number++) {
            long entry = number;
            lab.line.hold();
            CompletableFuture<Integer> typing = new CompletableFuture<>();
            Thread.ofVirtual().start(() -> {
                try {
                    typing.complete(
                            lab.vcenter.console(Lab.VM, "append", 0, entry).status());
                } catch (Exception failed) {
                    typing.completeExceptionally(failed);
                }
            });
            SimulatedDisk disk = lab.simulator.host().disk(Lab.DISK).orElseThrow();
            Lab.await("the write is issued", () -> disk.read(0, ByteBuffer.allocate(1)) == entry);
            pause(50); // long enough to be on the wire
            assertEquals(number - 1, shadow.last());
            lab.line.cut();
            lab.line.release();
            assertEquals(200, typing.get(20, TimeUnit.SECONDS));
            assertEquals(number, shadow.last());
        }
        assertEquals(Optional.empty(), attachment.status(Lab.soon()).gap());
        assertFalse(shadow.jumped());
        assertArrayEquals(lab.contents(0), shadow.bytes());
    }

    @Test
    void quietGuestLeavesTheFilterAnyTimeToComeBack() throws Exception {
        lab.powerOn();
        FilterClient client = lab.client();
        Shadow shadow = new Shadow(Lab.DISK_BYTES);
        FilterAttachment attachment = attach(client, shadow, 600);
        lab.vcenter.console(Lab.VM, "append", 0, 1).ok();
        lab.line.down();
        pause(1000);
        lab.line.up();
        Lab.await("the client is back", client::connected);
        lab.vcenter.console(Lab.VM, "append", 0, 2).ok();
        AttachmentState state = attachment.status(Lab.soon());
        assertEquals(Optional.empty(), state.gap());
        assertEquals(2, state.completedSequence());
        assertArrayEquals(lab.contents(0), shadow.bytes());
    }

    /** Told by the host itself, on reconnect: up to which sequence all is there, and that something is missing. */
    @Test
    void lostFilterHearsWhatItLacksWhenItComesBack() throws Exception {
        lab.powerOn();
        FilterClient client = lab.client();
        Shadow shadow = new Shadow(Lab.DISK_BYTES);
        FilterAttachment attachment = attach(client, shadow, 100);
        for (int number = 1; number <= 3; number++) {
            lab.vcenter.console(Lab.VM, "append", 0, number).ok();
        }
        lab.line.down();
        long start = System.nanoTime();
        lab.vcenter.console(Lab.VM, "append", 0, 4).ok();
        long waited = System.nanoTime() - start;
        assertTrue(waited > Duration.ofMillis(90).toNanos() && waited < MARGIN_NANOS, () -> "waited " + waited);
        start = System.nanoTime();
        for (int number = 5; number <= 40; number++) {
            lab.vcenter.console(Lab.VM, "append", 0, number).ok();
        }
        long wentOn = System.nanoTime() - start;
        assertTrue(wentOn < 36 * Duration.ofMillis(90).toNanos(), () -> "writes still wait: " + wentOn);
        lab.line.up();
        Lab.await("the gap is told", () -> shadow.gap() != null);
        AttachmentState gap = Objects.requireNonNull(shadow.gap());
        assertEquals(Optional.of(GapCause.FILTER_LOST), gap.gap());
        assertEquals(3, gap.completedSequence());
        assertEquals(4, gap.issuedSequence());
        assertEquals(gap, attachment.status(Lab.soon()));
    }

    /** A half-open connection: no reset, no byte. */
    @Test
    void silentConnectionIsGivenUpAndReplaced() throws Exception {
        lab.powerOn();
        FilterClient client = lab.client();
        Shadow shadow = new Shadow(Lab.DISK_BYTES);
        attach(client, shadow, 200);
        lab.line.hold();
        lab.vcenter.console(Lab.VM, "append", 0, 1).ok();
        Lab.await("the client notices", () -> !client.connected());
        Lab.await("the host notices", () -> lab.simulator.endpoint().connections() == 0);
        lab.line.release();
        Lab.await("the client is back", client::connected);
        Lab.await("the gap is told", () -> shadow.gap() != null);
        Shadow anew = new Shadow(Lab.DISK_BYTES);
        FilterAttachment attachment = attach(client, anew, 200);
        anew.sync(client, Lab.DISK);
        lab.vcenter.console(Lab.VM, "append", 0, 2).ok();
        assertEquals(Optional.empty(), attachment.status(Lab.soon()).gap());
        assertArrayEquals(lab.contents(0), anew.bytes());
    }

    /** The window bounds what is kept for a filter that does not keep up, and a full window is a wait like any other. */
    @Test
    void fullWindowHoldsTheGuestNoLongerThanTheLimit() throws Exception {
        lab.with("workload", "random").with("writes-per-second", "max").with("threads-per-disk", 24);
        lab.powerOff();
        FilterClient client = lab.client();
        Shadow shadow = new Shadow(Lab.DISK_BYTES);
        int windowBytes = 20 << 10;
        client.attach(
                new AttachSpec(Lab.DISK, AttachMode.HOLD, Duration.ofMillis(LIMIT_MILLIS), windowBytes),
                shadow,
                Lab.soon());
        shadow.withhold();
        lab.powerOn();
        Lab.await("something is handed out", () -> shadow.withheld() > 0);
        pause(LIMIT_MILLIS / 4);
        assertTrue(shadow.withheld() < 24, "24 writes of 8 KiB on average do not fit into 20 KiB");
        Lab.await("the gap is told", () -> shadow.gap() != null);
        lab.awaitMoreWrites(100);
        long longest = lab.vcenter.report(Lab.VM).path("longestNanos").asLong();
        assertTrue(longest < Duration.ofMillis(LIMIT_MILLIS).toNanos() + MARGIN_NANOS, () -> "waited " + longest);
        assertTrue(longest > Duration.ofMillis(LIMIT_MILLIS).toNanos() * 9 / 10, () -> "waited " + longest);
    }

    /** One stuck disk is no reason for another to wait. */
    @Test
    void slowListenerOfOneDiskDoesNotHoldAnother() throws Exception {
        lab.disks(java.util.List.of(Lab.DISK_BYTES, Lab.DISK_BYTES)).powerOn();
        FilterClient client = lab.client();
        Shadow stuck = new Shadow(Lab.DISK_BYTES);
        Shadow swift = new Shadow(Lab.DISK_BYTES);
        attach(client, stuck, 2000);
        FilterAttachment other = client.attach(AttachSpec.of(Lab.VM + "/2001"), swift, Lab.soon());
        stuck.delay(Duration.ofMillis(1500).toNanos());
        Thread held = Thread.ofVirtual().start(() -> {
            try {
                lab.vcenter.console(Lab.VM, "scramble", 0, 0);
            } catch (Exception failed) {
                throw new IllegalStateException(failed);
            }
        });
        Lab.await("the first disk is stuck", () -> stuck.last() == 1);
        // The console is one at a time: so the other disk's writes come from reading and the status round trip instead.
        long start = System.nanoTime();
        for (int i = 0; i < 50; i++) {
            assertEquals(Optional.empty(), other.status(Lab.soon()).gap());
            client.read(Lab.DISK, 0, ByteBuffer.allocate(65536), Lab.soon());
        }
        assertTrue(
                System.nanoTime() - start < Duration.ofMillis(1400).toNanos(), "a stuck listener holds the connection");
        stuck.delay(0);
        lab.powerOff();
        assertTrue(held.join(Duration.ofSeconds(10)));
    }
}
