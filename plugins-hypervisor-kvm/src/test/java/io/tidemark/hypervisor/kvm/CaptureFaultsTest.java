package io.tidemark.hypervisor.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.tidemark.spi.block.ZeroCause;
import io.tidemark.spi.capture.CaptureSession;
import io.tidemark.spi.capture.CaptureSink;
import io.tidemark.spi.capture.LossCause;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.OperationId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.sample.SampleVm;
import io.tidemark.spi.sample.SampleVm.LedgerReport;
import io.tidemark.spi.sample.SampleVmSpec;
import io.tidemark.spi.site.HypervisorSite;
import io.tidemark.spi.site.VmDescription;
import io.tidemark.tck.hypervisor.RecordingSink;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.libvirt.LibvirtException;

/** What goes wrong around a capture: the guest never pays for it, and the loss is told. All tests share one VM. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class CaptureFaultsTest {
    private static final long DISK_BYTES = 8L << 20;

    private final OperationId operation = OperationId.random();
    private @Nullable KvmSubject subject;
    private @Nullable HypervisorSite site;
    private @Nullable SampleVm guest;
    private long lastEntry;

    @BeforeAll
    void bootVm() throws Exception {
        subject = KvmSubject.make();
        site = subject.open();
        guest = site.sampleVms()
                .orElseThrow()
                .create(
                        new SampleVmSpec("tidemark-test-" + operation.toString().substring(0, 8), List.of(DISK_BYTES)),
                        operation,
                        deadline());
        attachCd();
    }

    @AfterAll
    void removeAll() throws Exception {
        try (KvmSubject made = subject;
                HypervisorSite opened = site;
                SampleVm console = guest) {
            assertTrue(opened == null || console == null || made != null);
        }
    }

    @Test
    void aSinkThatHangsIsCutOffAndTheGuestGoesOn() throws Exception {
        HangingSink sink = new HangingSink();
        try (CaptureSession session = attach(sink)) {
            await("synchronous", () -> sink.recorded.isSynchronous(volume()));
            sink.hang.set(true);
            append(); // would last for ever without the watchdog
            await("the loss", () -> !sink.recorded.losses(volume()).isEmpty());
            assertEquals(
                    LossCause.CAPTURE_FAILED,
                    sink.recorded.losses(volume()).getFirst().cause());
            append();
            sink.release.countDown();
            session.close();
        } finally {
            sink.release.countDown();
        }
        assertCapturesAgain();
    }

    @Test
    void aKilledCaptureServerIsALossAndTheGuestGoesOn() throws Exception {
        RecordingSink sink = new RecordingSink();
        try (CaptureSession session = attach(sink)) {
            await("synchronous", () -> sink.isSynchronous(volume()));
            subject().network().killExports();
            append();
            await("the loss", () -> !sink.losses(volume()).isEmpty());
            append();
            assertEquals(1, sink.losses(volume()).size(), () -> "after " + session);
        }
        assertCapturesAgain();
    }

    @Test
    void captureOutlivesALostConnectionToLibvirt() throws Exception {
        RecordingSink sink = new RecordingSink();
        try (CaptureSession session = attach(sink)) {
            await("synchronous", () -> sink.isSynchronous(volume()));
            subject().farEndSwitch().orElseThrow().cut();
            try {
                int issued = sink.mark();
                append();
                assertTrue(sink.wroteBetween(volume(), issued, sink.mark()), "captured without libvirt");
            } finally {
                subject().farEndSwitch().orElseThrow().restore();
            }
            int issued = sink.mark();
            append();
            assertTrue(sink.wroteBetween(volume(), issued, sink.mark()), "captured after libvirt came back");
            assertEquals(List.of(), sink.losses(volume()), () -> "losses of " + session);
        }
        assertCapturesAgain();
    }

    @Test
    void whatACrashedProcessLeftIsRemovedByTheNextAttach() throws Exception {
        // The same instance, opened twice, as after a crash: the second one knows nothing of the first one's session.
        HypervisorSite successor = subject().open();
        RecordingSink earlier = new RecordingSink();
        RecordingSink later = new RecordingSink();
        try (CaptureSession abandoned = attach(earlier)) {
            await("synchronous", () -> earlier.isSynchronous(volume()));
            try (CaptureSession session =
                    successor.writeCapture().orElseThrow().attach(guest().id(), List.of(volume()), later, deadline())) {
                await("synchronous again", () -> later.isSynchronous(volume()));
                await("the earlier one lost", () -> !earlier.losses(volume()).isEmpty());
                abandoned.close();
                int issued = later.mark();
                append();
                assertTrue(later.wroteBetween(volume(), issued, later.mark()), () -> "captured by " + session);
            }
        } finally {
            successor.close();
        }
        assertCapturesAgain();
    }

    @Test
    void aForeignBlockJobIsAConflict() throws Exception {
        String target = subject().folder().resolve("foreign.img").toString();
        libvirt(domain -> BlockCopy.start(
                domain, "vda", "<disk type='file'><driver type='raw'/><source file='" + target + "'/></disk>"));
        try {
            ProviderException refused = assertThrows(
                    ProviderException.class, () -> attach(new RecordingSink()).close());
            assertEquals(FailureKind.CONFLICT, refused.kind(), refused.getMessage());
        } finally {
            libvirt(domain -> domain.blockJobAbort("vda", 0));
        }
        assertCapturesAgain();
    }

    @Test
    void aDiskKeepsItsSizeWhileItIsCaptured() throws Exception {
        RecordingSink sink = new RecordingSink();
        try (CaptureSession session = attach(sink)) {
            await("synchronous", () -> sink.isSynchronous(volume()));
            assertThrows(
                    ProviderException.class, () -> libvirt(domain -> domain.blockResize("vda", DISK_BYTES / 512, 0)));
            append();
            assertEquals(List.of(), sink.losses(volume()), () -> "losses of " + session);
        }
    }

    @Test
    void cdDriveIsSkippedAndNamed() throws Exception {
        VmDescription found = site().inventory().find(guest().id(), deadline()).orElseThrow();
        assertEquals(1, found.volumes().size());
        assertEquals(List.of(new VmDescription.SkippedDrive("sda", "CD/DVD drive: never protected")), found.skipped());
    }

    @Test
    void fullCopyIsDeliveredOnceAndZeroesAreNotSentBeforeIt() throws Exception {
        RecordingSink sink = new RecordingSink();
        try (CaptureSession session = attach(sink)) {
            await("synchronous", () -> sink.isSynchronous(volume()));
            int[] times = new int[(int) (DISK_BYTES / PendingZeroes.CHUNK_BYTES)];
            for (RecordingSink.Call call : sink.callsOf(volume())) {
                switch (call) {
                    case RecordingSink.Call.Write write ->
                        count(times, write.offset(), write.data().remaining());
                    case RecordingSink.Call.Zero zero -> count(times, zero.offset(), zero.lengthBytes());
                    default -> assertTrue(sink.losses(volume()).isEmpty(), () -> "losses of " + session);
                }
            }
            for (int i = 0; i < times.length; i++) {
                assertEquals(1, times[i], "deliveries of chunk " + i);
            }
        }
    }

    private static void count(int[] times, long offset, long length) {
        for (long at = offset; at < offset + length; at += PendingZeroes.CHUNK_BYTES) {
            times[(int) (at / PendingZeroes.CHUNK_BYTES)]++;
        }
    }

    private void assertCapturesAgain() throws Exception {
        RecordingSink sink = new RecordingSink();
        try (CaptureSession session = attach(sink)) {
            await("synchronous", () -> sink.isSynchronous(volume()));
            int issued = sink.mark();
            append();
            assertTrue(sink.wroteBetween(volume(), issued, sink.mark()), () -> "captured by " + session);
        }
        libvirt(domain -> assertFalse(domain.getXMLDesc(0).contains("<mirror"), "a block job is left"));
        assertEquals(new LedgerReport(lastEntry, true), guest().report(0, deadline()));
    }

    private void append() throws ProviderException {
        guest().append(0, lastEntry + 1, deadline());
        lastEntry++;
    }

    private CaptureSession attach(CaptureSink sink) throws ProviderException {
        return site().writeCapture().orElseThrow().attach(guest().id(), List.of(volume()), sink, deadline());
    }

    private VolumeId volume() {
        return new VolumeId(guest().id() + "/vda");
    }

    private void attachCd() throws Exception {
        // Only into the persistent definition: libvirt cannot plug a CD drive into a running VM.
        libvirt(domain -> domain.attachDeviceFlags(
                "<disk type='file' device='cdrom'><target dev='sda' bus='sata'/><readonly/></disk>", 2));
    }

    /** A step on the domain, not through the site under test. */
    @FunctionalInterface
    private interface Step {
        void on(org.libvirt.Domain domain) throws LibvirtException;
    }

    private void libvirt(Step step) throws ProviderException {
        subject().direct().<Boolean>domain("A step of the test", guest().id(), deadline(), domain -> {
            step.on(domain);
            return true;
        });
    }

    private KvmSubject subject() {
        KvmSubject made = subject;
        return made != null ? made : fail("no subject");
    }

    private HypervisorSite site() {
        HypervisorSite opened = site;
        return opened != null ? opened : fail("no site");
    }

    private SampleVm guest() {
        SampleVm running = guest;
        return running != null ? running : fail("no guest");
    }

    private static Deadline deadline() {
        return Deadline.after(Duration.ofSeconds(90));
    }

    private static void await(String what, BooleanSupplier condition) {
        Deadline limit = deadline();
        while (!condition.getAsBoolean()) {
            if (limit.passed()) {
                fail("waited in vain for: " + what);
            }
            Waiting.pause(Duration.ofMillis(2));
        }
    }

    /** Records, and on demand hangs in the next write until released. */
    private static final class HangingSink implements CaptureSink {
        private final RecordingSink recorded = new RecordingSink();
        private final AtomicBoolean hang = new AtomicBoolean();
        private final CountDownLatch release = new CountDownLatch(1);

        @Override
        public void onWrite(VolumeId volume, long offset, ByteBuffer data) {
            if (hang.get()) {
                try {
                    release.await();
                } catch (InterruptedException interrupted) {
                    Thread.currentThread().interrupt();
                }
                return;
            }
            recorded.onWrite(volume, offset, data);
        }

        @Override
        public void onZero(VolumeId volume, long offset, long lengthBytes, ZeroCause cause) {
            recorded.onZero(volume, offset, lengthBytes, cause);
        }

        @Override
        public void onDelivered(VolumeId volume, long deliveredBytes, long totalBytes) {
            recorded.onDelivered(volume, deliveredBytes, totalBytes);
        }

        @Override
        public void onSynchronous(VolumeId volume) {
            recorded.onSynchronous(volume);
        }

        @Override
        public void onContinuityLost(VolumeId volume, LossCause cause, String detail) {
            recorded.onContinuityLost(volume, cause, detail);
        }
    }
}
