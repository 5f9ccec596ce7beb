package io.tidemark.tck.hypervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Capability;
import io.tidemark.spi.recovery.RecoveryTarget;
import io.tidemark.spi.recovery.RecoveryVmSpec.Purpose;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.sample.SampleVm.LedgerReport;
import io.tidemark.spi.site.PowerState;
import io.tidemark.spi.tracking.ChangeToken;
import io.tidemark.spi.tracking.ChangeTracking;
import io.tidemark.spi.tracking.FreezePoint;
import io.tidemark.spi.tracking.VolumeChanges;
import io.tidemark.spi.tracking.VolumeChanges.Basis;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What is frozen stays as it was, changes never leave out a difference, and nothing stays frozen. Boots one VM up to four times, and one recovered
 * VM where the site can recover.
 */
public abstract class ChangeTrackingContract extends HypervisorContract {
    /** The first two carry ledgers; the third one takes noise; nobody writes to the fourth. */
    private static final int NOISE_DISK = 2;

    private static final int QUIET_DISK = 3;
    private static final int ROUNDS = 6;

    @SuppressWarnings("NullAway.Init") // set before the first test
    private BootedVm vm;

    @BeforeAll
    final void bootVm() throws Exception {
        vm = boot("tracking", SMALL_DISK_BYTES, SMALL_DISK_BYTES, SMALL_DISK_BYTES, SMALL_DISK_BYTES);
    }

    @Test
    void intervalIsPositive() {
        assertTrue(tracking().shortestInterval().compareTo(Duration.ZERO) > 0);
    }

    @Test
    void frozenContentsStayWhileTheGuestGoesOn() throws Exception {
        running(vm).append(0);
        vm.console().sync(deadline());
        Instant before = Instant.now();
        try (FreezePoint point = freeze()) {
            Instant after = Instant.now();
            assertFalse(
                    point.takenAt().isBefore(before.minusMillis(1)),
                    () -> "taken " + point.takenAt() + ", asked " + before);
            assertFalse(point.takenAt().isAfter(after), () -> "taken " + point.takenAt() + ", given " + after);
            byte[] first = frozen(point, 0);
            vm.append(0);
            vm.console().sync(deadline());
            assertSameBytes(first, frozen(point, 0), "the frozen volume after a write");
            assertFalse(Arrays.equals(first, readVolume(vm.volume(0))), "the live volume does not go on");
        }
        vm.append(0);
        assertEquals(new LedgerReport(vm.lastNumber(0), true), vm.console().report(0, deadline()));
    }

    @Test
    void frozenDeviceIsReadOnlyAndReadsInPieces() throws Exception {
        running(vm).console().scramble(NOISE_DISK, deadline());
        vm.console().sync(deadline());
        long seed = System.nanoTime();
        Random random = new Random(seed);
        try (FreezePoint point = freeze();
                BlockDevice device = point.open(vm.volume(NOISE_DISK), deadline())) {
            assertTrue(device.readOnly());
            assertEquals(vm.sizeBytes(NOISE_DISK), device.sizeBytes());
            assertThrows(IOException.class, () -> device.write(0, ByteBuffer.allocate(512)));
            byte[] whole = readAll(device);
            for (int i = 0; i < 50; i++) {
                int offset = random.nextInt(whole.length);
                ByteBuffer piece = ByteBuffer.allocate(1 + random.nextInt(Math.min(70_000, whole.length - offset)));
                device.read(offset, piece);
                assertSameBytes(
                        Arrays.copyOfRange(whole, offset, offset + piece.capacity()),
                        piece.array(),
                        "piece at " + offset + ", seed " + seed);
            }
        }
    }

    @Test
    void withoutATokenTheExtentsCoverAllThatIsNotZero() throws Exception {
        running(vm).append(0);
        vm.console().sync(deadline());
        try (FreezePoint point = freeze()) {
            for (int disk = 0; disk < vm.volumes().size(); disk++) {
                VolumeChanges changes = point.changes(vm.volume(disk), Optional.empty(), deadline());
                assertEquals(Basis.BLANK_VOLUME, changes.basis());
                byte[] replica = new byte[(int) vm.sizeBytes(disk)];
                apply(point, disk, changes, replica);
                assertSameBytes(frozen(point, disk), replica, "replica of disk " + disk);
            }
        }
    }

    @Test
    void changesSinceATokenLeaveNothingOut() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        running(vm);
        List<byte[]> replicas = new ArrayList<>();
        List<Optional<ChangeToken>> tokens = new ArrayList<>();
        for (VolumeId each : vm.volumes()) {
            replicas.add(new byte[(int) vm.sizeBytes(vm.volumes().indexOf(each))]);
            tokens.add(Optional.empty());
        }
        for (int round = 0; round < ROUNDS; round++) {
            writeSome(random);
            try (FreezePoint point = freeze()) {
                // What is written from here on must not be lost to the next round.
                writeSome(random);
                for (int disk = 0; disk < replicas.size(); disk++) {
                    VolumeChanges changes = point.changes(vm.volume(disk), tokens.get(disk), deadline());
                    assertEquals(
                            round == 0 ? Basis.BLANK_VOLUME : Basis.TOKEN, changes.basis(), () -> changes.reason());
                    apply(point, disk, changes, replicas.get(disk));
                    String what = "replica of disk " + disk + " after round " + round + ", seed " + seed;
                    assertSameBytes(frozen(point, disk), replicas.get(disk), what);
                    tokens.set(disk, Optional.of(point.token(vm.volume(disk))));
                }
            }
        }
    }

    private void writeSome(Random random) throws Exception {
        for (int i = random.nextInt(4); i >= 0; i--) {
            vm.append(random.nextInt(2));
        }
        if (random.nextInt(3) == 0) {
            vm.console().scramble(NOISE_DISK, deadline());
        }
        vm.console().sync(deadline());
    }

    @Test
    void aTokenOfAnEarlierFreezeStillWorks() throws Exception {
        running(vm).append(0);
        byte[] replica;
        ChangeToken old;
        try (FreezePoint point = freeze()) {
            replica = frozen(point, 0);
            old = point.token(vm.volume(0));
        }
        for (int i = 0; i < 2; i++) {
            vm.append(0);
            vm.console().sync(deadline());
            freeze().close(); // as when the replica's site was away
        }
        vm.append(0);
        vm.console().sync(deadline());
        try (FreezePoint point = freeze()) {
            VolumeChanges changes = point.changes(vm.volume(0), Optional.of(old), deadline());
            assertEquals(Basis.TOKEN, changes.basis(), () -> changes.reason());
            apply(point, 0, changes, replica);
            assertSameBytes(frozen(point, 0), replica, "replica after freezes that it did not see");
        }
    }

    @Test
    void aQuietDiskIsNotToldAsChanged() throws Exception {
        running(vm);
        ChangeToken token;
        try (FreezePoint point = freeze()) {
            token = point.token(vm.volume(QUIET_DISK));
        }
        vm.append(0);
        try (FreezePoint point = freeze()) {
            long changed = point.changes(vm.volume(QUIET_DISK), Optional.of(token), deadline()).extents().stream()
                    .mapToLong(BlockExtent::lengthBytes)
                    .sum();
            assertTrue(changed < SMALL_DISK_BYTES / 4, () -> changed + " bytes of a disk that nobody wrote to");
        }
    }

    @Test
    void aTokenOfNobodyIsAnsweredWithTheWholeVolume() throws Exception {
        running(vm).append(0);
        vm.console().sync(deadline());
        try (FreezePoint point = freeze()) {
            for (String text : List.of("nonsense", "a/b/c", UUID.randomUUID() + "/1")) {
                VolumeChanges changes = point.changes(vm.volume(0), Optional.of(new ChangeToken(text)), deadline());
                assertEquals(Basis.BLANK_VOLUME, changes.basis(), text);
                assertFalse(changes.reason().isBlank(), "no reason for a comparison of the whole volume");
                byte[] replica = new byte[(int) vm.sizeBytes(0)];
                apply(point, 0, changes, replica);
                assertSameBytes(frozen(point, 0), replica, "replica after token " + text);
            }
        }
    }

    @Test
    void tokensAndChangesSurviveAReopen() throws Exception {
        running(vm).append(0);
        byte[] replica;
        ChangeToken token;
        try (FreezePoint point = freeze()) {
            replica = frozen(point, 0);
            token = point.token(vm.volume(0));
        }
        reopenSite();
        vm.reconnected(sampleVms().connect(vm.id(), deadline()));
        vm.append(0);
        vm.console().sync(deadline());
        try (FreezePoint point = freeze()) {
            VolumeChanges changes = point.changes(vm.volume(0), Optional.of(token), deadline());
            assertEquals(Basis.TOKEN, changes.basis(), () -> changes.reason());
            apply(point, 0, changes, replica);
            assertSameBytes(frozen(point, 0), replica, "replica after a restart");
        }
    }

    @Test
    void whatACrashedHostLeftIsReleasedByTheNextFreeze() throws Exception {
        running(vm).append(0);
        freeze(); // not released: its process died
        reopenSite();
        vm.reconnected(sampleVms().connect(vm.id(), deadline()));
        vm.append(0);
        try (FreezePoint point = freeze()) {
            assertSameBytes(readVolume(vm.volume(0)), frozen(point, 0), "frozen after a crash");
        }
        tracking().forget(vm.id(), deadline());
        vm.append(0);
        assertEquals(new LedgerReport(vm.lastNumber(0), true), vm.console().report(0, deadline()));
    }

    @Test
    void releaseAndForgetAreIdempotent() throws Exception {
        running(vm);
        FreezePoint point = freeze();
        point.release(deadline());
        point.release(deadline());
        point.close();
        tracking().forget(vm.id(), deadline());
        tracking().forget(vm.id(), deadline());
        tracking().forget(new VmId(UUID.randomUUID().toString()), deadline());
        vm.append(0);
    }

    @Test
    void aVmThatIsOffIsFrozenToo() throws Exception {
        running(vm).append(0);
        vm.console().sync(deadline());
        site().compute().powerOff(vm.id(), deadline());
        try (FreezePoint point = freeze()) {
            assertSameBytes(readVolume(vm.volume(0)), frozen(point, 0), "frozen while off");
        }
        assertEquals(PowerState.OFF, site().compute().power(vm.id(), deadline()));
        running(vm);
        assertEquals(new LedgerReport(vm.lastNumber(0), true), vm.console().report(0, deadline()));
    }

    @Test
    void strangersAreRefused() throws Exception {
        VmId nobody = new VmId(UUID.randomUUID().toString());
        VolumeId none = new VolumeId(vm.id() + "/nothing");
        assertRefused(
                () -> tracking()
                        .freeze(nobody, List.of(new VolumeId(nobody + "/0")), deadline())
                        .close(),
                FailureKind.REJECTED);
        assertRefused(
                () -> tracking().freeze(vm.id(), List.of(none), deadline()).close(), FailureKind.REJECTED);
        running(vm);
        try (FreezePoint point = freeze()) {
            assertRefused(() -> point.open(none, deadline()).close(), FailureKind.REJECTED);
            assertRefused(() -> point.changes(none, Optional.empty(), deadline()), FailureKind.REJECTED);
        }
    }

    /** Entry n of the second disk is written after entry n of the first one was acknowledged: any cut has as many of it, or one less. */
    @Test
    void allVolumesAreFrozenAtOneMoment() throws Exception {
        RecoveryTarget target =
                offered(site().recoveryTarget(), "the ledgers of a frozen VM are read by recovering it");
        BootedVm writer = boot("cut", SMALL_DISK_BYTES, SMALL_DISK_BYTES);
        List<byte[]> contents = new ArrayList<>();
        long acknowledged;
        AlternatingWriter load = new AlternatingWriter(writer);
        try {
            await("the guest writes", () -> load.rounds() >= 3 || load.ended());
            acknowledged = load.rounds();
            try (FreezePoint point = tracking().freeze(writer.id(), writer.volumes(), deadline())) {
                for (VolumeId volume : writer.volumes()) {
                    try (BlockDevice device = point.open(volume, deadline())) {
                        contents.add(readAll(device));
                    }
                }
            }
        } finally {
            load.stop();
        }
        OperationId operation = OperationId.random();
        MemoryDisk.Access access =
                can(Capability.RECOVERY_OWNS_SCRATCH) ? MemoryDisk.Access.READ_ONLY : MemoryDisk.Access.WRITABLE;
        try (ExportedDisks disks = new ExportedDisks(subject().context().blockNetwork(), contents, access)) {
            VmId recovered = target.create(
                    disks.spec(nameOf("cut-recovered"), Purpose.TEST, writer.description()), operation, deadline());
            target.start(recovered, deadline());
            try (SampleVm guest = sampleVms().connect(recovered, deadline())) {
                LedgerReport first = guest.report(0, deadline());
                LedgerReport second = guest.report(1, deadline());
                String what = first + " and " + second + ", acknowledged before: " + acknowledged;
                assertTrue(first.intact() && second.intact(), what);
                assertTrue(second.entries() >= acknowledged, what);
                long ahead = first.entries() - second.entries();
                assertTrue(ahead == 0 || ahead == 1, what);
            }
        } finally {
            target.discard(operation, deadline());
        }
    }

    private void apply(FreezePoint point, int disk, VolumeChanges changes, byte[] replica) throws Exception {
        if (changes.basis() == Basis.BLANK_VOLUME) {
            Arrays.fill(replica, (byte) 0);
        }
        long at = 0;
        try (BlockDevice device = point.open(vm.volume(disk), deadline())) {
            for (BlockExtent extent : changes.extents()) {
                assertTrue(extent.offset() >= at, () -> "out of order or overlapping: " + changes.extents());
                assertTrue(extent.endOffset() <= replica.length, () -> "beyond the end: " + extent);
                at = extent.endOffset();
                device.read(
                        extent.offset(), ByteBuffer.wrap(replica, (int) extent.offset(), (int) extent.lengthBytes()));
            }
        }
    }

    private byte[] frozen(FreezePoint point, int disk) throws Exception {
        try (BlockDevice device = point.open(vm.volume(disk), deadline())) {
            return readAll(device);
        }
    }

    private FreezePoint freeze() throws Exception {
        return tracking().freeze(vm.id(), vm.volumes(), deadline());
    }

    private ChangeTracking tracking() {
        return site().changeTracking().orElseThrow(() -> new AssertionError("this site has no facet ChangeTracking"));
    }
}
