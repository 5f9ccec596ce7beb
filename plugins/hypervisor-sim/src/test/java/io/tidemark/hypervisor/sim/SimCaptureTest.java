package io.tidemark.hypervisor.sim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.spi.block.ZeroCause;
import io.tidemark.spi.capture.CaptureSession;
import io.tidemark.spi.capture.CaptureSink;
import io.tidemark.spi.capture.LossCause;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.sample.SampleVm.LedgerReport;
import io.tidemark.tck.hypervisor.RecordingSink;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** Capture beyond the contract suite: what only the simulated hypervisor can be made to do. */
final class SimCaptureTest {
    @Test
    void grownDiskIsALoss() throws Exception {
        try (SimLab lab = new SimLab();
                SampleVm vm = lab.boot("vm", 2)) {
            RecordingSink sink = new RecordingSink();
            VolumeId grown = lab.volume(vm.id(), 0);
            VolumeId other = lab.volume(vm.id(), 1);
            attach(lab, vm.id(), List.of(grown, other), sink);
            lab.host().growDisk(grown, 2 * SimLab.DISK_BYTES);
            assertEquals(LossCause.VOLUME_CHANGED, sink.losses(grown).getFirst().cause());
            assertEquals(List.of(), sink.losses(other));
            assertEquals(
                    2 * SimLab.DISK_BYTES,
                    lab.describe(vm.id()).volumes().getFirst().sizeBytes());
            vm.append(0, 1, SimLab.soon());
            lab.reopen();
            assertEquals(2 * SimLab.DISK_BYTES, lab.read(grown).length);
        }
    }

    @Test
    void closingTheHypervisorIsALoss() throws Exception {
        try (SimLab lab = new SimLab();
                SampleVm vm = lab.boot("vm", 1)) {
            RecordingSink sink = new RecordingSink();
            VolumeId volume = lab.volume(vm.id(), 0);
            CaptureSession session = attach(lab, vm.id(), List.of(volume), sink);
            lab.site().close();
            session.close();
            assertEquals(1, sink.losses(volume).size());
            assertEquals(
                    LossCause.CONNECTION_LOST, sink.losses(volume).getFirst().cause());
        }
    }

    @Test
    void sinkThatThrowsNeitherHurtsTheGuestNorIsSilent() throws Exception {
        try (SimLab lab = new SimLab();
                SampleVm vm = lab.boot("vm", 1)) {
            RecordingSink losses = new RecordingSink();
            VolumeId volume = lab.volume(vm.id(), 0);
            attach(lab, vm.id(), List.of(volume), new ThrowingSink(losses));
            vm.append(0, 1, SimLab.soon());
            vm.append(0, 2, SimLab.soon());
            assertEquals(1, losses.losses(volume).size());
            assertEquals(new LedgerReport(2, true), vm.report(0, SimLab.soon()));
        }
    }

    @Test
    void writeIsReadableWhenTheSinkHearsOfIt() throws Exception {
        try (SimLab lab = new SimLab();
                SampleVm vm = lab.boot("vm", 1)) {
            VolumeId volume = lab.volume(vm.id(), 0);
            List<Boolean> readable = new ArrayList<>();
            CaptureSink reading = Wrong.in(CaptureSink.class, new RecordingSink(), "onWrite", (arguments, right) -> {
                ByteBuffer data = (ByteBuffer) arguments[2];
                int offset = Math.toIntExact((long) arguments[1]);
                readable.add(ByteBuffer.wrap(lab.read(volume), offset, data.remaining())
                        .equals(data));
                return right.call();
            });
            attach(lab, vm.id(), List.of(volume), reading);
            append(vm, 0, 3);
            assertEquals(List.of(true, true, true), readable);
        }
    }

    @Test
    void manyWritersAreCapturedWholeWhileSessionsComeAndGo() throws Exception {
        int vms = 3;
        int entries = 800;
        try (SimLab lab = new SimLab();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            RecordingSink sink = new RecordingSink();
            List<VolumeId> volumes = new ArrayList<>();
            List<CompletableFuture<Void>> writers = new ArrayList<>();
            for (int i = 0; i < vms; i++) {
                SampleVm vm = lab.boot("vm" + i, 2);
                List<VolumeId> both = List.of(lab.volume(vm.id(), 0), lab.volume(vm.id(), 1));
                attach(lab, vm.id(), both, sink);
                volumes.addAll(both);
                for (int disk = 0; disk < 2; disk++) {
                    int written = disk;
                    writers.add(CompletableFuture.runAsync(() -> append(vm, written, entries), threads));
                }
            }
            SampleVm restless = lab.boot("restless", 1);
            writers.add(CompletableFuture.runAsync(() -> append(restless, 0, entries), threads));
            for (int i = 0; i < 50; i++) {
                attach(lab, restless.id(), List.of(lab.volume(restless.id(), 0)), new RecordingSink())
                        .close();
            }
            CompletableFuture.allOf(writers.toArray(CompletableFuture[]::new)).get();
            for (VolumeId volume : volumes) {
                byte[] replayed = new byte[(int) SimLab.DISK_BYTES];
                sink.replay(volume, replayed);
                assertArrayEquals(lab.read(volume), replayed, volume.value());
            }
            assertEquals(new LedgerReport(entries, true), restless.report(0, SimLab.soon()));
        }
    }

    @Test
    void writesWaitForNoClock() throws Exception {
        try (SimLab lab = new SimLab();
                SampleVm vm = lab.boot("vm", 1)) {
            RecordingSink sink = new RecordingSink();
            attach(lab, vm.id(), List.of(lab.volume(vm.id(), 0)), sink);
            append(vm, 0, 1900);
            assertEquals(new LedgerReport(1900, true), vm.report(0, SimLab.soon()));
            assertTrue(sink.size() > 1900);
        }
    }

    private static CaptureSession attach(SimLab lab, VmId vm, List<VolumeId> volumes, CaptureSink sink)
            throws Exception {
        return lab.site().writeCapture().orElseThrow().attach(vm, volumes, sink, SimLab.soon());
    }

    private static void append(SampleVm vm, int disk, int entries) {
        try {
            for (int number = 1; number <= entries; number++) {
                vm.append(disk, number, SimLab.soon());
            }
        } catch (ProviderException failed) {
            throw new IllegalStateException(failed);
        }
    }

    /** Breaks the contract of sinks at every write. */
    private record ThrowingSink(RecordingSink losses) implements CaptureSink {
        @Override
        public void onWrite(VolumeId volume, long offset, ByteBuffer data) {
            throw new IllegalStateException("a defect of the host");
        }

        @Override
        public void onZero(VolumeId volume, long offset, long lengthBytes, ZeroCause cause) {}

        @Override
        public void onDelivered(VolumeId volume, long deliveredBytes, long totalBytes) {}

        @Override
        public void onSynchronous(VolumeId volume) {}

        @Override
        public void onContinuityLost(VolumeId volume, LossCause cause, String detail) {
            losses.onContinuityLost(volume, cause, detail);
        }
    }
}
