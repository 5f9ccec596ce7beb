package io.tidemark.hypervisor.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.tidemark.guest.RandomWriter;
import io.tidemark.spi.block.BlockDevice;
import io.tidemark.spi.block.BlockExport;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.sample.SampleVm.LedgerReport;
import io.tidemark.tck.hypervisor.MemoryDisk;
import io.tidemark.tck.hypervisor.MemoryDisk.Access;
import io.tidemark.tck.hypervisor.RecordingSink;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.DoubleConsumer;
import org.junit.jupiter.api.Test;

/** Recovered VMs: at any point of the write order, with damaged disks, and when exports fail. */
final class SimRecoveryTest {
    private static final int ENTRIES = 6;

    @Test
    void everyPointOfTheWriteOrderHasAWholeLedger() throws Exception {
        try (SimLab lab = new SimLab();
                SampleVm vm = lab.boot("origin", 1)) {
            RecordingSink sink = new RecordingSink();
            VolumeId volume = lab.volume(vm.id(), 0);
            lab.site().writeCapture().orElseThrow().attach(vm.id(), List.of(volume), sink, SimLab.soon());
            append(vm, ENTRIES);
            byte[] contents = new byte[(int) SimLab.DISK_BYTES];
            long writes = 0;
            for (RecordingSink.Call call : sink.callsOf(volume)) {
                call.applyTo(contents);
                writes += call instanceof RecordingSink.Call.Write ? 1 : 0;
                assertEquals(new LedgerReport(writes, true), reportOn(lab, contents));
            }
            assertEquals(ENTRIES, writes);
        }
    }

    @Test
    void damageIsFoundByTheGuest() throws Exception {
        try (SimLab lab = new SimLab();
                SampleVm vm = lab.boot("origin", 1)) {
            append(vm, ENTRIES);
            byte[] whole = lab.read(lab.volume(vm.id(), 0));
            assertEquals(new LedgerReport(ENTRIES, true), reportOn(lab, whole));
            assertEquals(new LedgerReport(2, false), reportOn(lab, damaged(whole, bytes -> bytes[at(3) + 100] ^= 1)));
            assertEquals(
                    new LedgerReport(2, false),
                    reportOn(lab, damaged(whole, bytes -> Arrays.fill(bytes, at(3), at(4), (byte) 0))));
            assertEquals(
                    new LedgerReport(2, false),
                    reportOn(
                            lab, damaged(whole, bytes -> System.arraycopy(whole, at(4), bytes, at(3), at(4) - at(3)))));
            assertEquals(
                    new LedgerReport(ENTRIES, false),
                    reportOn(lab, damaged(whole, bytes -> bytes[(int) RandomWriter.areaStart(bytes.length) - 1] = 7)));
            assertEquals(
                    new LedgerReport(ENTRIES - 1, true),
                    reportOn(lab, damaged(whole, bytes -> Arrays.fill(bytes, at(ENTRIES), at(ENTRIES + 1), (byte) 0))));
        }
    }

    @Test
    void promotionThatFailsAnywhereLeavesTheVmOnItsExportsAndSucceedsLater() throws Exception {
        try (SimLab lab = new SimLab();
                SampleVm origin = lab.boot("origin", 1)) {
            append(origin, ENTRIES);
            origin.scramble(0, SimLab.soon());
            append(origin, ENTRIES);
            byte[] contents = lab.read(lab.volume(origin.id(), 0));
            for (int good = 0; good < 4; good++) {
                FailingReads disk = new FailingReads(new MemoryDisk(contents, Access.WRITABLE));
                OperationId operation = OperationId.random();
                VmId vm;
                try (BlockExport export = lab.export(disk.device())) {
                    vm = lab.recover("promoted-" + good, export, operation);
                    disk.failAfter(good);
                    ProviderException failed = assertThrows(ProviderException.class, () -> lab.target()
                            .promote(vm, operation, progress -> {}, SimLab.soon()));
                    assertEquals(FailureKind.RETRY_LATER, failed.kind());
                    disk.failAfter(Integer.MAX_VALUE);
                    SampleVm guest = lab.sampleVms().connect(vm, SimLab.soon());
                    guest.append(0, ENTRIES + 1, SimLab.soon());
                    lab.target().promote(vm, operation, progress -> {}, SimLab.soon());
                }
                SampleVm guest = lab.sampleVms().connect(vm, SimLab.soon());
                assertEquals(ENTRIES + 1, guest.report(0, SimLab.soon()).entries());
                guest.append(0, ENTRIES + 2, SimLab.soon());
                lab.reopen();
                guest = lab.sampleVms().connect(vm, SimLab.soon());
                assertEquals(ENTRIES + 2, guest.report(0, SimLab.soon()).entries());
            }
        }
    }

    @Test
    void discardDuringPromotionWins() throws Exception {
        try (SimLab lab = new SimLab()) {
            OperationId operation = OperationId.random();
            byte[] contents = new byte[(int) SimLab.DISK_BYTES];
            Arrays.fill(contents, (byte) 1);
            try (BlockExport export = lab.export(new MemoryDisk(contents, Access.WRITABLE))) {
                VmId vm = lab.recover("discarded", export, operation);
                assertThrows(ProviderException.class, () -> lab.target()
                        .promote(vm, operation, discardOnceUnderWay(lab, operation), SimLab.soon()));
                SimLab.awaitReleased(export);
            }
            assertEquals(List.of(), lab.target().list(operation, SimLab.soon()));
            assertEquals(List.of(), lab.site().inventory().list(SimLab.soon()));
            lab.reopen();
            assertEquals(List.of(), lab.site().inventory().list(SimLab.soon()));
        }
    }

    @Test
    void repeatedCreateMovesTheVmToTheNewAddresses() throws Exception {
        try (SimLab lab = new SimLab()) {
            MemoryDisk disk = new MemoryDisk(new byte[(int) SimLab.DISK_BYTES], Access.WRITABLE);
            OperationId operation = OperationId.random();
            VmId vm;
            try (BlockExport first = lab.export(disk)) {
                vm = lab.recover("moved", first, operation);
                append(lab.sampleVms().connect(vm, SimLab.soon()), 1);
            }
            lab.reopen();
            SampleVm guest = lab.sampleVms().connect(vm, SimLab.soon());
            ProviderException noDisk = assertThrows(ProviderException.class, () -> guest.append(0, 2, SimLab.soon()));
            assertEquals(FailureKind.RETRY_LATER, noDisk.kind());
            try (BlockExport second = lab.export(disk)) {
                assertEquals(vm, lab.target().create(SimLab.specOf("moved", second), operation, SimLab.soon()));
                guest.append(0, 2, SimLab.soon());
                assertEquals(new LedgerReport(2, true), guest.report(0, SimLab.soon()));
                lab.target().discard(operation, SimLab.soon());
                SimLab.awaitReleased(second);
            }
        }
    }

    @Test
    void unfitExportsDoNotStart() throws Exception {
        try (SimLab lab = new SimLab()) {
            OperationId operation = OperationId.random();
            byte[] empty = new byte[(int) SimLab.DISK_BYTES];
            List<BlockDevice> unfit = List.of(
                    new MemoryDisk(empty, Access.READ_ONLY),
                    new MemoryDisk(new byte[empty.length / 2], Access.WRITABLE));
            for (BlockDevice device : unfit) {
                try (BlockExport export = lab.export(device)) {
                    ProviderException refused =
                            assertThrows(ProviderException.class, () -> lab.recover("unfit", export, operation));
                    assertEquals(FailureKind.UNREACHABLE, refused.kind());
                    lab.target().discard(operation, SimLab.soon());
                }
            }
            assertFalse(lab.site().inventory().list(SimLab.soon()).stream()
                    .anyMatch(vm -> vm.name().equals("unfit")));
        }
    }

    private static DoubleConsumer discardOnceUnderWay(SimLab lab, OperationId operation) {
        return progress -> {
            try {
                if (progress > 0.3) {
                    lab.target().discard(operation, SimLab.soon());
                }
            } catch (ProviderException failed) {
                throw new IllegalStateException(failed);
            }
        };
    }

    private static LedgerReport reportOn(SimLab lab, byte[] contents) throws Exception {
        OperationId operation = OperationId.random();
        try (BlockExport export = lab.export(new MemoryDisk(contents, Access.WRITABLE));
                SampleVm guest = lab.sampleVms().connect(lab.recover("probe", export, operation), SimLab.soon())) {
            return guest.report(0, SimLab.soon());
        } finally {
            lab.target().discard(operation, SimLab.soon());
        }
    }

    private static byte[] damaged(byte[] whole, Consumer<byte[]> damage) {
        byte[] copy = whole.clone();
        damage.accept(copy);
        return copy;
    }

    private static int at(int entry) {
        return SimLab.LEDGER_AT + (entry - 1) * SimLab.ENTRY_BYTES;
    }

    private static void append(SampleVm vm, int entries) throws ProviderException {
        for (int number = 1; number <= entries; number++) {
            vm.append(0, number, SimLab.soon());
        }
    }

    /** A device whose reads fail from some point on. */
    private static final class FailingReads {
        private final AtomicInteger goodReads = new AtomicInteger(Integer.MAX_VALUE);
        private final BlockDevice device;

        FailingReads(BlockDevice real) {
            this.device = Wrong.in(BlockDevice.class, real, "read", (arguments, right) -> {
                if (goodReads.getAndDecrement() <= 0) {
                    throw new IOException("a bad disk");
                }
                return right.call();
            });
        }

        BlockDevice device() {
            return device;
        }

        void failAfter(int reads) {
            goodReads.set(reads);
        }
    }
}
