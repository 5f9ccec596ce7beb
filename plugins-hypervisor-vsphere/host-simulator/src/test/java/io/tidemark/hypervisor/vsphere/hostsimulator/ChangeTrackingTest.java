package io.tidemark.hypervisor.vsphere.hostsimulator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.tidemark.guest.GuestDisk;
import io.tidemark.hypervisor.vsphere.filter.AttachSpec;
import io.tidemark.hypervisor.vsphere.filter.FilterAttachment;
import io.tidemark.hypervisor.vsphere.filter.protocol.AttachMode;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.block.BlockExtent.Content;
import io.tidemark.spi.block.ZeroCause;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Freezing, and what the changed-block map says, read from the files as the vCenter's side reads them. */
final class ChangeTrackingTest {
    private static final int GRAIN_BYTES = 65536;

    private final Path datastore;
    private Lab lab;

    ChangeTrackingTest(@TempDir Path datastore) throws Exception {
        this.datastore = datastore;
        lab = new Lab(datastore);
    }

    @AfterEach
    void close() throws Exception {
        lab.close();
    }

    private JsonNode json() throws IOException {
        return Json.parse(Files.readString(lab.flat(0).resolveSibling("guest_0-ctk.json")));
    }

    /** The map, as the contract draws it. */
    private int[] marks() throws IOException {
        Path bin = lab.flat(0).resolveSibling(json().path("file").asText());
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(bin)).order(ByteOrder.LITTLE_ENDIAN);
        int[] marks = new int[bytes.remaining() / Integer.BYTES];
        bytes.asIntBuffer().get(marks);
        return marks;
    }

    /** A frozen moment: what the vCenter's side copies. */
    private record Moment(int sequence, ByteBuffer contents) {}

    private Moment snapshot() throws Exception {
        JsonNode frozen = lab.vcenter.freeze(lab.flat(0));
        byte[] first = lab.contents(0);
        assertEquals(
                frozen.path("sequence").asInt() + 1, json().path("sequence").asInt());
        assertEquals(frozen.path("uuid").asText(), json().path("uuid").asText());
        byte[] second = lab.contents(0);
        lab.vcenter.thaw(lab.flat(0));
        assertArrayEquals(first, second, "the disk was written while it was frozen");
        return new Moment(frozen.path("sequence").asInt(), ByteBuffer.wrap(first));
    }

    private static boolean grainsDiffer(ByteBuffer one, ByteBuffer other, int grain) {
        int from = grain * GRAIN_BYTES;
        return one.slice(from, GRAIN_BYTES).mismatch(other.slice(from, GRAIN_BYTES)) >= 0;
    }

    /** Between any two snapshots of a busy disk: every grain that differs is marked, and the busy part is not the whole disk. */
    @Test
    void mapNamesEverythingThatChangedSinceAnySnapshot() throws Exception {
        long seed = System.nanoTime();
        lab.with("workload", "random").with("writes-per-second", 300).with("threads-per-disk", 2);
        lab.with("zero-percent", 10).with("seed", seed).powerOn();
        List<Moment> moments = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            if (i % 2 == 0) {
                lab.awaitMoreWrites(1);
            } else {
                lab.vcenter.console(Lab.VM, "append", 0, i / 2 + 1).ok();
            }
            moments.add(snapshot());
        }
        lab.powerOff();
        Moment now = new Moment(json().path("sequence").asInt(), ByteBuffer.wrap(lab.contents(0)));
        int[] marks = marks();
        assertEquals(Lab.DISK_BYTES / GRAIN_BYTES, marks.length);
        boolean unmarked = false;
        for (Moment moment : moments) {
            for (int grain = 0; grain < marks.length; grain++) {
                boolean marked = marks[grain] > moment.sequence();
                int at = grain;
                assertTrue(
                        marked || !grainsDiffer(moment.contents(), now.contents(), grain),
                        () -> "seed " + seed + ": grain " + at + " changed since " + moment.sequence() + " unmarked");
                unmarked |= !marked && marks[grain] > 0;
            }
        }
        assertTrue(unmarked, "a map that names everything proves nothing");
        assertEquals(0, marks[marks.length / 2], "never written");
    }

    /** Writes and zeroes of any place and length, up to several messages long: exactly the grains that they touch are marked. */
    @Test
    void everyGrainThatAWriteTouchesIsMarked() throws Exception {
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        Path flat = Files.createFile(datastore.resolve("alone-flat.vmdk"));
        long sizeBytes = 3L * Lab.DISK_BYTES + 512;
        SimulatedDisk disk = new SimulatedDisk("alone/1", flat, sizeBytes);
        try {
            GuestDisk guest = disk.powerOn();
            int sequence = 1;
            for (int round = 0; round < 60; round++) {
                int lengthBytes = random.nextInt(1, random.nextBoolean() ? 3 * GRAIN_BYTES : 3 << 20);
                long offset = random.nextLong(sizeBytes - lengthBytes + 1);
                if (random.nextInt(4) == 0) {
                    guest.zero(offset, lengthBytes, ZeroCause.TRIM);
                } else {
                    guest.write(offset, ByteBuffer.wrap(new byte[lengthBytes]));
                }
                ByteBuffer marks = ByteBuffer.wrap(Files.readAllBytes(datastore.resolve("alone-ctk.bin")))
                        .order(ByteOrder.LITTLE_ENDIAN);
                assertEquals(Math.ceilDiv(sizeBytes, (long) GRAIN_BYTES) * 4, marks.limit());
                for (int grain = 0; grain < marks.limit() / 4; grain++) {
                    boolean touched =
                            offset < (grain + 1L) * GRAIN_BYTES && offset + lengthBytes > (long) grain * GRAIN_BYTES;
                    int at = grain;
                    assertEquals(
                            touched,
                            marks.getInt(4 * grain) == sequence,
                            () -> "seed " + seed + ": " + offset + "+" + lengthBytes + ", grain " + at);
                }
                assertTrue(disk.freeze(Duration.ofSeconds(1)) != null && disk.thaw());
                sequence++;
            }
        } finally {
            disk.close("the test ends");
        }
    }

    /** What was handed to a filter and not acknowledged is under way: the frozen state waits for it. */
    @Test
    void freezeWaitsForWritesThatAFilterHolds() throws Exception {
        lab.powerOn();
        Shadow shadow = new Shadow(Lab.DISK_BYTES);
        FilterAttachment attachment = lab.client()
                .attach(new AttachSpec(Lab.DISK, AttachMode.HOLD, Duration.ofSeconds(2), 1 << 20), shadow, Lab.soon());
        shadow.withhold();
        CompletableFuture<Integer> typing =
                aside(() -> lab.vcenter.console(Lab.VM, "append", 0, 1).status());
        Lab.await("the write is handed out", () -> shadow.withheld() == 1);
        CompletableFuture<Integer> freezing =
                aside(() -> lab.vcenter.disk("freeze", lab.flat(0)).status());
        Thread.sleep(200); // in which a freeze that does not wait would have ended
        assertTrue(!freezing.isDone() && !typing.isDone(), "frozen with a write under way");
        shadow.completeAll(attachment);
        assertEquals(200, freezing.get(20, TimeUnit.SECONDS));
        assertEquals(200, typing.get(20, TimeUnit.SECONDS));
        lab.vcenter.thaw(lab.flat(0));
    }

    private interface Call<T> {
        T make() throws Exception;
    }

    private static <T> CompletableFuture<T> aside(Call<T> call) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                result.complete(call.make());
            } catch (Exception failed) {
                result.completeExceptionally(failed);
            }
        });
        return result;
    }

    @Test
    void freezeOutlastedByItsTimeIsNotThawedButSaidSo() throws Exception {
        lab.with("workload", "random").with("writes-per-second", "max").powerOn();
        lab.awaitMoreWrites(10);
        lab.vcenter.freeze(lab.flat(0));
        assertEquals(409, lab.vcenter.disk("freeze", lab.flat(0)).status());
        long frozen = lab.writes();
        assertEquals(frozen, lab.writes());
        Lab.await("the guest goes on by itself", () -> lab.writes() > frozen);
        assertEquals(409, lab.vcenter.disk("thaw", lab.flat(0)).status());
        // A freeze soon after is not ended by the first one's time.
        lab.vcenter.freeze(lab.flat(0));
        lab.vcenter.thaw(lab.flat(0));
        lab.vcenter.freeze(lab.flat(0));
        lab.vcenter.thaw(lab.flat(0));
        assertEquals(
                404,
                lab.vcenter.disk("freeze", datastore.resolve("no-flat.vmdk")).status());
        assertEquals(
                400, lab.vcenter.disk("freeze", Path.of("relative-flat.vmdk")).status());
    }

    @Test
    void powerCutEndsTheWaitOfAFrozenGuest() throws Exception {
        lab.powerOn();
        lab.vcenter.freeze(lab.flat(0));
        AtomicBoolean refused = new AtomicBoolean();
        Thread typing = Thread.ofVirtual().start(() -> {
            try {
                refused.set(lab.vcenter.console(Lab.VM, "append", 0, 1).status() == 409);
            } catch (Exception failed) {
                throw new IllegalStateException(failed);
            }
        });
        lab.powerOff();
        typing.join();
        assertTrue(refused.get(), "a guest without power did something");
        lab.vcenter.thaw(lab.flat(0));
        lab.powerOn();
        lab.vcenter.console(Lab.VM, "append", 0, 1).ok();
    }

    @Test
    void trackingOutlivesTheHostAndCanBeBegunAnew() throws Exception {
        lab.powerOn();
        lab.vcenter.console(Lab.VM, "append", 0, 1).ok();
        snapshot();
        lab.vcenter.console(Lab.VM, "append", 0, 2).ok();
        JsonNode before = json();
        int[] marks = marks();
        lab.close();
        lab = new Lab(datastore);
        lab.powerOn();
        assertEquals(before, json());
        assertArrayEquals(marks, marks());
        JsonNode reset = lab.vcenter.disk("reset-tracking", lab.flat(0)).ok();
        assertNotEquals(before.path("uuid"), reset.path("uuid"));
        assertEquals(json().path("uuid"), reset.path("uuid"));
        assertEquals(1, reset.path("sequence").asInt());
        int[] anew = marks();
        assertEquals(1, anew[1], "the ledger's first grain holds something");
        assertEquals(1, Arrays.stream(anew).sum(), "and nothing else does");
    }

    /** A disk that comes with contents, as an uploaded or restored one does. */
    @Test
    void contentsThatWereThereBeforeAreAllocated() throws Exception {
        Files.createDirectories(lab.flat(0).getParent());
        byte[] contents = new byte[Math.toIntExact(Lab.DISK_BYTES)];
        contents[3 * GRAIN_BYTES + 5] = 1;
        Files.write(lab.flat(0), contents);
        lab.powerOff();
        List<BlockExtent> extents = lab.client().extents(Lab.DISK, 0, Lab.DISK_BYTES, Lab.soon());
        assertEquals(
                List.of(
                        new BlockExtent(0, 3L * GRAIN_BYTES, Content.ZERO),
                        new BlockExtent(3L * GRAIN_BYTES, GRAIN_BYTES, Content.DATA),
                        new BlockExtent(4L * GRAIN_BYTES, Lab.DISK_BYTES - 4L * GRAIN_BYTES, Content.ZERO)),
                extents);
        assertEquals(
                List.of(new BlockExtent(3L * GRAIN_BYTES + 100, 50, Content.DATA)),
                lab.client().extents(Lab.DISK, 3L * GRAIN_BYTES + 100, 50, Lab.soon()));
    }

    @Test
    void unreadableMapIsAnotherHistory() throws Exception {
        lab.powerOff();
        String uuid = json().path("uuid").asText();
        lab.close();
        Files.writeString(lab.flat(0).resolveSibling("guest_0-ctk.json"), "{\"uuid\":");
        lab = new Lab(datastore);
        lab.powerOff();
        assertNotEquals(uuid, json().path("uuid").asText());
    }
}
