package io.tidemark.hypervisor.vsphere.hostsimulator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.guest.GuestDisk;
import io.tidemark.hypervisor.vsphere.filter.AttachSpec;
import io.tidemark.hypervisor.vsphere.filter.DiskRefusedException;
import io.tidemark.hypervisor.vsphere.filter.FilterAttachment;
import io.tidemark.hypervisor.vsphere.filter.FilterClient;
import io.tidemark.hypervisor.vsphere.filter.protocol.AttachMode;
import io.tidemark.hypervisor.vsphere.filter.protocol.AttachmentState;
import io.tidemark.hypervisor.vsphere.filter.protocol.DiskEvent;
import io.tidemark.hypervisor.vsphere.filter.protocol.DiskInfo;
import io.tidemark.hypervisor.vsphere.filter.protocol.GapCause;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A filter that does as it should, and what it is told. */
final class CaptureTest {
    private final Lab lab;

    CaptureTest(@TempDir Path datastore) throws Exception {
        lab = new Lab(datastore);
    }

    @AfterEach
    void close() throws Exception {
        lab.close();
    }

    private static AttachSpec spec(AttachMode mode, int limitMillis, int windowBytes) {
        return new AttachSpec(Lab.DISK, mode, Duration.ofMillis(limitMillis), windowBytes);
    }

    private FilterAttachment attach(FilterClient client, Shadow shadow) throws Exception {
        return client.attach(spec(AttachMode.HOLD, 2000, 1 << 20), shadow, Lab.soon());
    }

    private void append(long number) throws Exception {
        lab.vcenter.console(Lab.VM, "append", 0, number).ok();
    }

    @Test
    void shadowOfABusyDiskIsTheDisk() throws Exception {
        long seed = System.nanoTime();
        lab.with("workload", "random").with("writes-per-second", "max").with("threads-per-disk", 4);
        lab.with("zero-percent", 15).with("flush-percent", 3).with("seed", seed).powerOn();
        append(1);
        lab.awaitMoreWrites(200);
        Shadow shadow = new Shadow(Lab.DISK_BYTES);
        FilterClient client = lab.client();
        FilterAttachment attachment = attach(client, shadow);
        shadow.sync(client, Lab.DISK);
        append(2);
        lab.awaitMoreWrites(2000);
        AttachmentState state = attachment.status(Lab.soon());
        lab.powerOff();
        Lab.await("the power-off is told", () -> !shadow.events().isEmpty());
        assertEquals(Optional.empty(), state.gap(), () -> "seed " + seed + ": " + state);
        assertEquals(Optional.empty(), attachment.status(Lab.soon()).gap());
        assertEquals(List.of(new DiskEvent(DiskEvent.Kind.POWER_OFF, 0)), shadow.events());
        assertArrayEquals(lab.contents(0), shadow.bytes(), () -> "seed " + seed);
        assertFalse(shadow.jumped(), () -> "seed " + seed);
        assertTrue(shadow.zeroes() > 50 && shadow.flushes() > 5, () -> shadow.zeroes() + ", " + shadow.flushes());
    }

    /** What the guest was told is done is with the filter, and what the filter was told can be read. */
    @Test
    void acknowledgedIsCompletedAndHandedOutIsReadable() throws Exception {
        lab.powerOn();
        Shadow shadow = new Shadow(Lab.DISK_BYTES);
        FilterClient client = lab.client();
        attach(client, shadow);
        for (int number = 1; number <= 30; number++) {
            append(number);
            assertEquals(number, shadow.last());
            ByteBuffer read = ByteBuffer.allocate(Math.toIntExact(Lab.DISK_BYTES));
            assertEquals(number, client.read(Lab.DISK, 0, read, Lab.soon()));
            assertArrayEquals(shadow.bytes(), read.array());
        }
        assertTrue(
                lab.vcenter.console(Lab.VM, "report", 0, 0).ok().path("intact").asBoolean());
    }

    @Test
    void guestWaitsForCompletionAndCompletionsMayComeInAnyOrder() throws Exception {
        lab.with("workload", "random").with("writes-per-second", "max").with("threads-per-disk", 6);
        Shadow shadow = new Shadow(Lab.DISK_BYTES);
        FilterClient client = lab.client();
        lab.powerOff();
        FilterAttachment attachment = attach(client, shadow);
        shadow.withhold();
        lab.powerOn();
        Lab.await("each of six threads has a write under way", () -> shadow.withheld() == 6);
        assertEquals(0, lab.writes(), "acknowledged before it was completed");
        shadow.completeAll(attachment);
        lab.awaitMoreWrites(100);
        assertEquals(Optional.empty(), attachment.status(Lab.soon()).gap());
        assertThrows(IllegalArgumentException.class, () -> attachment.complete(shadow.last() + 1_000_000));
    }

    /** Writes to one place that are under way at once: the last in the order of sequences is what the disk holds. */
    @Test
    void overlappingWritesTakeEffectInTheOrderOfSequences() throws Exception {
        lab.powerOff();
        Shadow shadow = new Shadow(Lab.DISK_BYTES);
        FilterClient client = lab.client();
        FilterAttachment attachment = attach(client, shadow);
        GuestDisk guest = lab.simulator.host().disk(Lab.DISK).orElseThrow().powerOn();
        int threads = 4;
        CyclicBarrier together = new CyclicBarrier(threads);
        List<CompletableFuture<Void>> writers = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            byte[] mine = new byte[128 << 10];
            Arrays.fill(mine, (byte) (t + 1));
            CompletableFuture<Void> done = new CompletableFuture<>();
            writers.add(done);
            Thread.ofPlatform().daemon().start(() -> {
                try {
                    for (int round = 0; round < 300; round++) {
                        together.await(20, TimeUnit.SECONDS);
                        guest.write(4096L * round, ByteBuffer.wrap(mine));
                    }
                    done.complete(null);
                } catch (Exception failed) {
                    done.completeExceptionally(failed);
                }
            });
        }
        for (CompletableFuture<Void> writer : writers) {
            writer.get(60, TimeUnit.SECONDS);
        }
        assertEquals(Optional.empty(), attachment.status(Lab.soon()).gap());
        assertArrayEquals(lab.contents(0), shadow.bytes());
    }

    @Test
    void guestDoesNotOutliveItsBoot() throws Exception {
        lab.powerOff();
        SimulatedDisk disk = lab.simulator.host().disk(Lab.DISK).orElseThrow();
        GuestDisk first = disk.powerOn();
        disk.powerOff();
        GuestDisk second = disk.powerOn();
        second.write(0, ByteBuffer.wrap(new byte[] {1}));
        assertThrows(IOException.class, () -> first.write(0, ByteBuffer.wrap(new byte[] {2})));
        assertThrows(IOException.class, () -> first.read(0, ByteBuffer.allocate(1)));
        assertEquals(1, lab.contents(0)[0]);
    }

    @Test
    void powerCutReleasesTheGuestAndLosesNothing() throws Exception {
        lab.powerOn();
        Shadow shadow = new Shadow(Lab.DISK_BYTES);
        FilterClient client = lab.client();
        FilterAttachment attachment = attach(client, shadow);
        append(1);
        shadow.withhold();
        Thread typing = Thread.ofVirtual().start(() -> {
            try {
                lab.vcenter.console(Lab.VM, "append", 0, 2);
            } catch (Exception failed) {
                throw new IllegalStateException(failed);
            }
        });
        Lab.await("the write is handed out", () -> shadow.withheld() == 1);
        long cut = System.nanoTime();
        lab.powerOff();
        assertTrue(typing.join(Duration.ofSeconds(10)));
        assertTrue(System.nanoTime() - cut < Duration.ofMillis(1500).toNanos(), "the guest waited on without power");
        Lab.await("the power-off is told", () -> !shadow.events().isEmpty());
        shadow.completeAll(attachment);
        AttachmentState state = attachment.status(Lab.soon());
        assertEquals(Optional.empty(), state.gap());
        assertEquals(List.of(false, 1), List.of(state.powered(), state.powerOns()));
        assertArrayEquals(lab.contents(0), shadow.bytes());
        lab.powerOn();
        append(3); // the second was on the disk before the power went
        assertEquals(2, attachment.status(Lab.soon()).powerOns());
        assertArrayEquals(lab.contents(0), shadow.bytes());
    }

    @Test
    void eventsComeInTheOrderOfWrites() throws Exception {
        lab.powerOff();
        Shadow shadow = new Shadow(2 * Lab.DISK_BYTES);
        FilterClient client = lab.client();
        FilterAttachment attachment = attach(client, shadow);
        lab.powerOn();
        append(1);
        int tracked = lab.vcenter.freeze(lab.flat(0)).path("sequence").asInt();
        lab.vcenter.thaw(lab.flat(0));
        lab.disks(List.of(2 * Lab.DISK_BYTES)).powerOn();
        lab.powerOff();
        Lab.await("all events are told", () -> shadow.events().size() == 4);
        assertEquals(
                List.of(
                        new DiskEvent(DiskEvent.Kind.POWER_ON, 0),
                        new DiskEvent(DiskEvent.Kind.SNAPSHOT, tracked),
                        new DiskEvent(DiskEvent.Kind.RESIZED, 2 * Lab.DISK_BYTES),
                        new DiskEvent(DiskEvent.Kind.POWER_OFF, 0)),
                shadow.events());
        assertEquals(5, attachment.status(Lab.soon()).issuedSequence());
        assertEquals(2 * Lab.DISK_BYTES, client.disks(Lab.soon()).getFirst().sizeBytes());
    }

    @Test
    void disksAreListed() throws Exception {
        lab.disks(List.of(Lab.DISK_BYTES, 2 * Lab.DISK_BYTES)).powerOn();
        assertEquals(
                List.of(
                        new DiskInfo(Lab.DISK, Lab.VM, "guest", lab.flat(0).toString(), Lab.DISK_BYTES, true),
                        new DiskInfo(
                                Lab.VM + "/2001", Lab.VM, "guest", lab.flat(1).toString(), 2 * Lab.DISK_BYTES, true)),
                lab.client().disks(Lab.soon()));
    }

    @Test
    void anotherFilterTakesOver() throws Exception {
        lab.powerOn();
        Shadow earlier = new Shadow(Lab.DISK_BYTES);
        Shadow later = new Shadow(Lab.DISK_BYTES);
        FilterAttachment first = attach(lab.client(), earlier);
        append(1);
        FilterAttachment second = attach(lab.client(), later);
        Lab.await("the first one hears of it", () -> earlier.gap() != null);
        append(2);
        assertEquals(Optional.of(GapCause.TAKEN_OVER), first.gap());
        assertEquals(List.of(1L, 1L), List.of(earlier.last(), later.last()));
        first.close();
        append(3);
        assertEquals(2, later.last(), "closing what was lost already does not end the other");
        assertEquals(Optional.empty(), second.status(Lab.soon()).gap());
        assertEquals(1, earlier.gaps());
    }

    @Test
    void closedAttachmentIsSilentAndCostsTheGuestNothing() throws Exception {
        lab.with("workload", "random").with("writes-per-second", "max").powerOn();
        Shadow shadow = new Shadow(Lab.DISK_BYTES);
        FilterClient client = lab.client();
        FilterAttachment attachment = attach(client, shadow);
        lab.awaitMoreWrites(200);
        attachment.close();
        long last = shadow.last();
        lab.vcenter.clearReport(Lab.VM);
        lab.awaitMoreWrites(300);
        assertEquals(last, shadow.last(), "a call after close");
        assertTrue(lab.vcenter.report(Lab.VM).path("longestNanos").asLong() < 1_000_000_000L, "nobody was waited for");
        assertEquals(0, shadow.gaps());
        attachment.close();
        Shadow again = new Shadow(Lab.DISK_BYTES);
        FilterAttachment anew = attach(client, again);
        lab.awaitMoreWrites(50);
        assertTrue(again.last() >= 50);
        assertEquals(Optional.empty(), anew.status(Lab.soon()).gap());
    }

    @Test
    void removedAndChangedDisksAreSaidSo() throws Exception {
        lab.disks(List.of(Lab.DISK_BYTES, Lab.DISK_BYTES)).powerOn();
        FilterClient client = lab.client();
        Shadow changed = new Shadow(Lab.DISK_BYTES);
        Shadow removed = new Shadow(Lab.DISK_BYTES);
        FilterAttachment first = attach(client, changed);
        FilterAttachment second = client.attach(AttachSpec.of(Lab.VM + "/2001"), removed, Lab.soon());
        lab.disks(List.of(Lab.DISK_BYTES)).powerOn();
        Lab.await("the removal is told", () -> removed.gap() != null);
        assertEquals(Optional.of(GapCause.DISK_REMOVED), second.gap());
        lab.powerOff();
        assertEquals(Optional.empty(), first.status(Lab.soon()).gap());
        Files.write(lab.flat(0), new byte[] {1, 2, 3}, StandardOpenOption.WRITE);
        lab.powerOn();
        Lab.await("the change is told", () -> changed.gap() != null);
        assertEquals(Optional.of(GapCause.DISK_CHANGED), first.gap());
        lab.vcenter.request("DELETE", "/vms/" + Lab.VM, null).ok();
        assertEquals(List.of(), client.disks(Lab.soon()));
    }

    @Test
    void observedDiskDoesNotWaitAndOverflows() throws Exception {
        lab.powerOn();
        Shadow shadow = new Shadow(Lab.DISK_BYTES);
        FilterAttachment attachment = lab.client().attach(spec(AttachMode.OBSERVE, 2000, 64 << 10), shadow, Lab.soon());
        append(1);
        Lab.await("the write is handed out", () -> shadow.last() == 1);
        shadow.withhold();
        long start = System.nanoTime();
        for (int number = 2; number <= 30; number++) {
            append(number);
        }
        assertTrue(System.nanoTime() - start < Duration.ofSeconds(20).toNanos());
        Lab.await("the overflow is told", () -> shadow.gap() != null);
        assertEquals(Optional.of(GapCause.OVERFLOW), attachment.gap());
    }

    @Test
    void wrongRequestsAreRefusedAndTheConnectionStays() throws Exception {
        lab.powerOn();
        FilterClient client = lab.client();
        Shadow shadow = new Shadow(Lab.DISK_BYTES);
        for (AttachSpec wrong : List.of(
                AttachSpec.of("vm-7/9"),
                AttachSpec.of(""),
                spec(AttachMode.HOLD, 0, 1 << 20),
                spec(AttachMode.HOLD, 2001, 1 << 20),
                spec(AttachMode.HOLD, 500, 0),
                spec(AttachMode.HOLD, 500, Integer.MAX_VALUE))) {
            assertThrows(DiskRefusedException.class, () -> client.attach(wrong, shadow, Lab.soon()), wrong::toString);
        }
        ByteBuffer beyond = ByteBuffer.allocate(4096);
        assertThrows(DiskRefusedException.class, () -> client.read(Lab.DISK, Lab.DISK_BYTES - 512, beyond, Lab.soon()));
        assertThrows(DiskRefusedException.class, () -> client.read("nothing", 0, beyond, Lab.soon()));
        assertThrows(DiskRefusedException.class, () -> client.extents(Lab.DISK, 0, Lab.DISK_BYTES + 1, Lab.soon()));
        assertEquals(1, lab.simulator.endpoint().connections());
        assertNull(shadow.gap());
        append(1);
        assertEquals(0, shadow.last());
    }
}
