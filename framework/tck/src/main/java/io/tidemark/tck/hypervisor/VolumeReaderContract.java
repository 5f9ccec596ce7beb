package io.tidemark.tck.hypervisor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.capture.CaptureSession;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Capability;
import io.tidemark.spi.sample.SampleVm.LedgerReport;
import io.tidemark.spi.tracking.ChangeTracking;
import io.tidemark.spi.tracking.FreezePoint;
import io.tidemark.spi.volume.VolumeReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Live reading shows every acknowledged write, and leaves the VM alone. Boots one VM up to twice. */
public abstract class VolumeReaderContract extends HypervisorContract {
    /** Never carries a ledger. */
    private static final int NOISE_DISK = 2;

    @SuppressWarnings("NullAway.Init") // set before the first test
    private BootedVm vm;

    @BeforeAll
    final void bootVm() throws Exception {
        vm = boot("reader", SMALL_DISK_BYTES, 2 * SMALL_DISK_BYTES, SMALL_DISK_BYTES);
    }

    @Test
    void sizeIsTheInventorysAndWritesAreRefused() throws Exception {
        running(vm);
        for (int disk = 0; disk < 2; disk++) {
            try (BlockDevice device = open(vm.volume(disk))) {
                assertEquals(vm.sizeBytes(disk), device.sizeBytes());
                assertTrue(device.readOnly(), "read-only");
                byte[] before = readAll(device);
                assertThrows(IOException.class, () -> device.write(0, ByteBuffer.allocate(512)));
                assertArrayEquals(before, readAll(device));
            }
        }
    }

    @Test
    void openDeviceShowsWhatWasAcknowledgedBeforeTheRead() throws Exception {
        running(vm).append(0);
        vm.console().sync(deadline());
        try (BlockDevice device = open(vm.volume(0))) {
            for (int i = 0; i < 5; i++) {
                byte[] before = readAll(device);
                vm.append(0);
                byte[] after = readAll(device);
                assertFalse(Arrays.equals(before, after), "an acknowledged entry does not show");
                try (BlockDevice fresh = open(vm.volume(0))) {
                    assertSameBytes(readAll(fresh), after, "the device that was open, against one opened now");
                }
            }
        }
    }

    @Test
    void disksAreNotMixedUp() throws Exception {
        running(vm).console().sync(deadline());
        byte[] other = readVolume(vm.volume(1));
        vm.append(0);
        assertSameBytes(other, readVolume(vm.volume(1)), "the disk that was not written");
        vm.append(1);
        assertFalse(Arrays.equals(other, readVolume(vm.volume(1))), "the disk that was written");
    }

    @Test
    void piecesOfAnySizeGiveTheSameBytes() throws Exception {
        // Of noise: on a disk that is nearly all zeroes, pieces from wrong places look right.
        running(vm).console().scramble(NOISE_DISK, deadline());
        vm.console().sync(deadline());
        long seed = System.nanoTime();
        Random random = new Random(seed);
        try (BlockDevice device = open(vm.volume(NOISE_DISK))) {
            byte[] whole = readAll(device);
            for (int i = 0; i < 200; i++) {
                int offset = random.nextInt(whole.length);
                int length = 1 + random.nextInt(Math.min(70_000, whole.length - offset));
                ByteBuffer piece = ByteBuffer.allocate(length);
                device.read(offset, piece);
                assertFalse(piece.hasRemaining(), () -> "short read at " + offset + ", seed " + seed);
                assertArrayEquals(
                        Arrays.copyOfRange(whole, offset, offset + length),
                        piece.array(),
                        () -> "piece at " + offset + "+" + length + ", seed " + seed);
            }
        }
    }

    @Test
    void extentsCoverTheRangeAndZeroMeansZero() throws Exception {
        running(vm).append(0);
        vm.console().sync(deadline());
        try (BlockDevice device = open(vm.volume(0))) {
            byte[] whole = readAll(device);
            assertExtents(device, whole, 0, whole.length);
            assertExtents(device, whole, 4096, 1 << 20);
            assertExtents(device, whole, whole.length - 512, 512);
        }
    }

    @Test
    void readsAVmThatIsOff() throws Exception {
        running(vm).append(0);
        vm.console().sync(deadline());
        byte[] before = readVolume(vm.volume(0));
        site().compute().powerOff(vm.id(), deadline());
        assertSameBytes(before, readVolume(vm.volume(0)), "the volume after power-off");
        running(vm);
    }

    @Test
    void readsBesideACapture() throws Exception {
        if (can(Capability.PROTECTS_BY_FREEZING)) {
            readBesideAFreezePoint();
            return;
        }
        Assumptions.assumeTrue(site().writeCapture().isPresent(), "this site has no facet WriteCapture");
        RecordingSink sink = new RecordingSink();
        try (CaptureSession session =
                site().writeCapture().orElseThrow().attach(running(vm).id(), vm.volumes(), sink, deadline())) {
            vm.volumes().forEach(each -> await(each + " is synchronous", () -> sink.isSynchronous(each)));
            byte[] before = readVolume(vm.volume(0));
            vm.append(0);
            assertFalse(Arrays.equals(before, readVolume(vm.volume(0))), () -> "stale beside " + session);
        }
    }

    /** What takes a capture's place where there is none. */
    private void readBesideAFreezePoint() throws Exception {
        ChangeTracking tracking = site().changeTracking().orElseThrow();
        running(vm);
        try (FreezePoint point = tracking.freeze(vm.id(), vm.volumes(), deadline())) {
            byte[] before = readVolume(vm.volume(0));
            vm.append(0);
            assertFalse(Arrays.equals(before, readVolume(vm.volume(0))), () -> "stale beside " + point);
        }
    }

    @Test
    void readingLeavesTheGuestAlone() throws Exception {
        running(vm);
        try (BlockDevice one = open(vm.volume(0));
                BlockDevice two = open(vm.volume(0))) {
            vm.append(0);
            assertSameBytes(readAll(one), readAll(two), "two readers at once");
            vm.append(0);
        }
        vm.append(0);
        assertEquals(new LedgerReport(vm.lastNumber(0), true), vm.console().report(0, deadline()));
    }

    @Test
    void unknownVolumeIsRefused() {
        assertRefused(() -> open(new VolumeId(vm.id() + "/nothing")).close(), FailureKind.REJECTED);
        assertRefused(() -> open(new VolumeId("nonsense")).close(), FailureKind.REJECTED);
    }

    private static void assertExtents(BlockDevice device, byte[] whole, long offset, long lengthBytes)
            throws IOException {
        List<BlockExtent> extents = device.extents(offset, lengthBytes);
        long at = offset;
        for (BlockExtent extent : extents) {
            assertEquals(at, extent.offset(), () -> "gap or overlap in " + extents);
            if (extent.content() == BlockExtent.Content.ZERO) {
                byte[] bytes = Arrays.copyOfRange(whole, (int) extent.offset(), (int) extent.endOffset());
                assertArrayEquals(new byte[bytes.length], bytes, () -> extent + " holds data");
            }
            at = extent.endOffset();
        }
        assertEquals(offset + lengthBytes, at, () -> "the range is not covered by " + extents);
    }

    private BlockDevice open(VolumeId volume) throws Exception {
        VolumeReader reader =
                site().volumeReader().orElseThrow(() -> new AssertionError("this site has no facet VolumeReader"));
        return reader.openLive(volume, deadline());
    }
}
