package io.tidemark.tck.hypervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.spi.capture.CaptureSession;
import io.tidemark.spi.capture.LossCause;
import io.tidemark.spi.capture.WriteCapture;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Capability;
import io.tidemark.spi.sample.SampleVm.LedgerReport;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The laws of {@link io.tidemark.spi.capture.CaptureSink}. The truth about a volume is what {@code VolumeReader} shows while the guest is
 * quiet; the capture is right when replaying the sink calls gives the same bytes. Boots two VMs, and one of them a second time.
 */
public abstract class WriteCaptureContract extends HypervisorContract {
    private static final int LEDGER_DISK = 0;
    private static final int SECOND_LEDGER_DISK = 1;

    /** Never carries a ledger; takes the large writes. */
    private static final int NOISE_DISK = 2;

    private static final int ROUNDS = 20;

    @SuppressWarnings("NullAway.Init") // set before the first test
    private BootedVm first;

    @SuppressWarnings("NullAway.Init") // set before the first test
    private BootedVm second;

    @BeforeAll
    final void bootVms() throws Exception {
        first = boot("capture-a", SMALL_DISK_BYTES, SMALL_DISK_BYTES, SMALL_DISK_BYTES);
        second = boot("capture-b", SMALL_DISK_BYTES);
    }

    @Test
    void replayedCallsGiveTheVolumeWhenTheGuestIsQuiet() throws Exception {
        running(first);
        RecordingSink sink = new RecordingSink();
        BackgroundWriter duringAttach = new BackgroundWriter(first, LEDGER_DISK);
        try (CaptureSession session = attachAll(first, sink)) {
            awaitSynchronous(first, sink);
            Contents contents = new Contents(first, sink);
            long enough = duringAttach.appended() + 3;
            await(
                    "the guest wrote beside the capture",
                    () -> duringAttach.appended() >= enough || duringAttach.ended());
            duringAttach.stop();
            for (int i = 0; i < ROUNDS; i++) {
                first.append(SECOND_LEDGER_DISK);
            }
            first.console().scramble(NOISE_DISK, deadline());
            first.console().scramble(NOISE_DISK, deadline()); // overlaps the first: order matters
            first.console().sync(deadline());
            contents.assertReplayed();
            assertDeliveryAddsUp(first, sink);
            assertTrue(session != null && sink.losses(first.volume(LEDGER_DISK)).isEmpty());
        } finally {
            duringAttach.stop();
        }
    }

    @Test
    void acknowledgedWriteIsAlreadyInTheSink() throws Exception {
        RecordingSink sink = new RecordingSink();
        try (CaptureSession session = attachAll(running(first), sink)) {
            awaitSynchronous(first, sink);
            first.console().sync(deadline());
            for (int i = 0; i < ROUNDS; i++) {
                for (int disk : List.of(LEDGER_DISK, SECOND_LEDGER_DISK)) {
                    int issued = sink.mark();
                    first.append(disk);
                    int acknowledged = sink.mark();
                    assertWritten(sink, first.volume(disk), issued, acknowledged);
                }
            }
            assertFalse(sink.calls().isEmpty(), () -> "session " + session);
        }
    }

    @Test
    void capturedWriteIsVisibleToTheReaderAndReplaysToTheSameBytes() throws Exception {
        RecordingSink sink = new RecordingSink();
        try (CaptureSession session = attachAll(running(first), sink)) {
            awaitSynchronous(first, sink);
            first.console().sync(deadline());
            Contents contents = new Contents(first, sink);
            for (int i = 0; i < 3; i++) {
                first.append(LEDGER_DISK);
                contents.assertReplayed(); // without a sync: acknowledged means captured and readable
            }
            assertFalse(sink.calls().isEmpty(), () -> "session " + session);
        }
    }

    @Test
    void effectNeverPrecedesItsCauseAcrossVms() throws Exception {
        RecordingSink order = new RecordingSink();
        try (CaptureSession causes = attachAll(running(first), order);
                CaptureSession effects = attachAll(running(second), order)) {
            awaitSynchronous(first, order);
            awaitSynchronous(second, order);
            first.console().sync(deadline());
            second.console().sync(deadline());
            for (int i = 0; i < ROUNDS; i++) {
                int start = order.mark();
                first.append(LEDGER_DISK);
                int caused = order.mark();
                second.append(0);
                int effected = order.mark();
                assertWritten(order, first.volume(LEDGER_DISK), start, caused);
                assertWritten(order, second.volume(0), caused, effected);
            }
            assertFalse(order.calls().isEmpty(), () -> "sessions " + causes + ", " + effects);
        }
    }

    @Test
    void closedSessionIsSilentAndTheGuestGoesOn() throws Exception {
        RecordingSink sink = new RecordingSink();
        CaptureSession session = attachAll(running(first), sink);
        awaitSynchronous(first, sink);
        first.append(LEDGER_DISK);
        session.close();
        int calls = sink.size();
        for (int i = 0; i < ROUNDS; i++) {
            first.append(LEDGER_DISK);
        }
        session.close();
        assertEquals(calls, sink.size(), "sink calls after close");
        assertLedgersComplete(first);
    }

    @Test
    void closeWhileTheGuestWritesIsSilentToo() throws Exception {
        RecordingSink sink = new RecordingSink();
        CaptureSession session = attachAll(running(first), sink);
        awaitSynchronous(first, sink);
        BackgroundWriter writer = new BackgroundWriter(first, LEDGER_DISK);
        try {
            await("the guest writes", () -> writer.appended() > 3 || writer.ended());
            session.close();
            int calls = sink.size();
            long enough = writer.appended() + 3;
            await("the guest goes on", () -> writer.appended() >= enough || writer.ended());
            assertEquals(calls, sink.size(), "sink calls after close");
        } finally {
            session.close();
            writer.stop();
        }
        assertLedgersComplete(first);
    }

    @Test
    void sessionCanBeFollowedByAnother() throws Exception {
        running(first);
        for (int i = 0; i < 3; i++) {
            assertCaptures(first);
        }
        assertLedgersComplete(first);
    }

    @Test
    void brokenCaptureIsReportedOnceAndCanBeAttachedAnew() throws Exception {
        HypervisorSubject.CaptureBreaker breaker =
                offered(subject().captureBreaker(), "the subject cannot break its capture");
        RecordingSink sink = new RecordingSink();
        VolumeId broken = running(first).volume(LEDGER_DISK);
        try (CaptureSession session = attachAll(first, sink)) {
            awaitSynchronous(first, sink);
            breaker.breakCapture(first.id(), broken);
            for (int i = 0; i < ROUNDS; i++) {
                first.append(LEDGER_DISK);
            }
            await("continuity is reported lost", () -> !sink.losses(broken).isEmpty());
            first.append(LEDGER_DISK);
            session.close();
        }
        assertEquals(1, sink.losses(broken).size(), () -> "losses: " + sink.losses(broken));
        assertNoVolumeLostTwice(first, sink);
        assertCaptures(first);
        assertLedgersComplete(first);
    }

    @Test
    void powerOffIsReportedOnceAndCaptureComesBackAfterStart() throws Exception {
        RecordingSink sink = new RecordingSink();
        try (CaptureSession session = attachAll(running(first), sink)) {
            awaitSynchronous(first, sink);
            first.append(LEDGER_DISK);
            site().compute().powerOff(first.id(), deadline());
            for (VolumeId volume : first.volumes()) {
                await("the loss of " + volume, () -> !sink.losses(volume).isEmpty());
                assertEquals(1, sink.losses(volume).size(), () -> "losses: " + sink.losses(volume) + session);
                assertEquals(
                        LossCause.VM_STOPPED, sink.losses(volume).getFirst().cause());
            }
        }
        attachToVmThatIsOff();
        running(first);
        assertCaptures(first);
        assertNoVolumeLostTwice(first, sink);
        assertLedgersComplete(first);
    }

    @Test
    void continuityIsConfirmedWhileTheGuestWrites() throws Exception {
        RecordingSink sink = new RecordingSink();
        try (CaptureSession session = attachAll(running(first), sink)) {
            awaitSynchronous(first, sink);
            BackgroundWriter writer = new BackgroundWriter(first, LEDGER_DISK);
            try {
                await("the guest writes", () -> writer.appended() > 3 || writer.ended());
                for (int i = 0; i < 3; i++) {
                    session.confirmContinuity(deadline());
                }
            } finally {
                writer.stop();
            }
        }
    }

    @Test
    void continuityIsNotConfirmedAfterTheCaptureBroke() throws Exception {
        HypervisorSubject.CaptureBreaker breaker =
                offered(subject().captureBreaker(), "the subject cannot break its capture");
        RecordingSink sink = new RecordingSink();
        try (CaptureSession session = attachAll(running(first), sink)) {
            awaitSynchronous(first, sink);
            breaker.breakCapture(first.id(), first.volume(LEDGER_DISK));
            first.append(LEDGER_DISK);
            // At once, whether the loss was reported yet or not: that is the moment the question is for.
            ProviderException refusal =
                    assertThrows(ProviderException.class, () -> session.confirmContinuity(deadline()));
            assertTrue(
                    refusal.kind() == FailureKind.CONTINUITY_LOST || refusal.kind() == FailureKind.RETRY_LATER,
                    refusal::toString);
            await("the loss is certain", () -> !sink.losses(first.volume(LEDGER_DISK))
                    .isEmpty());
            assertRefused(() -> session.confirmContinuity(deadline()), FailureKind.CONTINUITY_LOST);
        }
    }

    @Test
    void continuityIsConfirmedOfAVmThatStoppedUntilItRunsAgain() throws Exception {
        RecordingSink sink = new RecordingSink();
        try (CaptureSession session = attachAll(running(first), sink)) {
            awaitSynchronous(first, sink);
            first.append(LEDGER_DISK);
            site().compute().powerOff(first.id(), deadline());
            await("the stop is known", () -> first.volumes().stream()
                    .noneMatch(volume -> sink.losses(volume).isEmpty()));
            session.confirmContinuity(deadline());
            running(first);
            assertRefused(() -> session.confirmContinuity(deadline()), FailureKind.CONTINUITY_LOST);
        }
        assertLedgersComplete(first);
    }

    @Test
    void unknownVmAndForeignVolumesAreRefused() throws Exception {
        running(first);
        running(second);
        RecordingSink sink = new RecordingSink();
        VmId nobody = new VmId(UUID.randomUUID().toString());
        VolumeId nothing = new VolumeId(first.id() + "/nothing");
        assertRefused(() -> attach(nobody, first.volumes(), sink).close(), FailureKind.REJECTED);
        assertRefused(() -> attach(first.id(), List.of(nothing), sink).close(), FailureKind.REJECTED);
        assertRefused(
                () -> attach(first.id(), List.of(first.volume(LEDGER_DISK), second.volume(0)), sink)
                        .close(),
                FailureKind.REJECTED);
        first.append(LEDGER_DISK);
        assertEquals(List.of(), sink.calls(), "a refused attach leaves no capture on");
    }

    @Test
    void secondAttachTakesOverOrIsRefused() throws Exception {
        RecordingSink earlier = new RecordingSink();
        RecordingSink later = new RecordingSink();
        VolumeId volume = running(first).volume(LEDGER_DISK);
        try (CaptureSession session = attachAll(first, earlier)) {
            awaitSynchronous(first, earlier);
            try (CaptureSession successor = attachAll(first, later)) {
                awaitSynchronous(first, later);
                await("the earlier session hears of it", () -> !earlier.losses(volume)
                        .isEmpty());
                session.close();
                int issued = later.mark();
                first.append(LEDGER_DISK);
                assertWritten(later, volume, issued, later.mark());
                assertTrue(later.losses(volume).isEmpty(), () -> "lost with the earlier session: " + successor);
            } catch (ProviderException refused) {
                assertEquals(FailureKind.CONFLICT, refused.kind(), refused.getMessage());
                int issued = earlier.mark();
                first.append(LEDGER_DISK);
                assertWritten(earlier, volume, issued, earlier.mark());
            }
        }
        assertNoVolumeLostTwice(first, earlier);
        assertLedgersComplete(first);
    }

    /** The SPI leaves the provider two answers: captured from the next start on, or refused. */
    private void attachToVmThatIsOff() throws Exception {
        RecordingSink sink = new RecordingSink();
        try (CaptureSession session = attachAll(first, sink)) {
            running(first);
            awaitSynchronous(first, sink);
            int issued = sink.mark();
            first.append(LEDGER_DISK);
            assertWritten(sink, first.volume(LEDGER_DISK), issued, sink.mark());
            assertTrue(sink.losses(first.volume(LEDGER_DISK)).isEmpty(), () -> "session " + session);
        } catch (ProviderException refused) {
            assertEquals(FailureKind.REJECTED, refused.kind(), refused.getMessage());
        }
    }

    /** Attaches, sees acknowledged writes arrive and the volumes replayed right, and detaches. */
    private void assertCaptures(BootedVm vm) throws Exception {
        RecordingSink sink = new RecordingSink();
        try (CaptureSession session = attachAll(vm, sink)) {
            awaitSynchronous(vm, sink);
            vm.console().sync(deadline());
            Contents contents = new Contents(vm, sink);
            int issued = sink.mark();
            vm.append(LEDGER_DISK);
            assertWritten(sink, vm.volume(LEDGER_DISK), issued, sink.mark());
            contents.assertReplayed();
            assertTrue(sink.losses(vm.volume(LEDGER_DISK)).isEmpty(), () -> "session " + session);
        }
    }

    private CaptureSession attachAll(BootedVm vm, RecordingSink sink) throws ProviderException {
        return attach(vm.id(), vm.volumes(), sink);
    }

    private CaptureSession attach(VmId vm, List<VolumeId> volumes, RecordingSink sink) throws ProviderException {
        WriteCapture capture =
                site().writeCapture().orElseThrow(() -> new AssertionError("this site has no facet WriteCapture"));
        return capture.attach(vm, volumes, sink, deadline());
    }

    private void awaitSynchronous(BootedVm vm, RecordingSink sink) {
        for (VolumeId volume : vm.volumes()) {
            await(volume + " is synchronous", () -> sink.isSynchronous(volume));
        }
    }

    private static void assertWritten(RecordingSink sink, VolumeId volume, int issued, int acknowledged) {
        assertTrue(
                sink.wroteBetween(volume, issued, acknowledged),
                () -> "a write of " + volume + " was acknowledged, but did not reach the sink before; calls then: "
                        + sink.calls().subList(issued, acknowledged + 1));
    }

    private static void assertNoVolumeLostTwice(BootedVm vm, RecordingSink sink) {
        for (VolumeId volume : vm.volumes()) {
            assertTrue(sink.losses(volume).size() <= 1, () -> "losses: " + sink.losses(volume));
        }
    }

    private void assertDeliveryAddsUp(BootedVm vm, RecordingSink sink) {
        for (RecordingSink.Call call : sink.calls()) {
            if (call instanceof RecordingSink.Call.Delivered delivered) {
                assertTrue(
                        delivered.deliveredBytes() >= 0 && delivered.deliveredBytes() <= delivered.totalBytes(),
                        () -> "progress of " + vm.name() + ": " + delivered);
            }
        }
    }

    private void assertLedgersComplete(BootedVm vm) throws ProviderException {
        for (int disk : List.of(LEDGER_DISK, SECOND_LEDGER_DISK)) {
            assertEquals(
                    new LedgerReport(vm.lastNumber(disk), true), vm.console().report(disk, deadline()));
        }
    }

    /**
     * What the volumes must hold by the captured calls alone. Where the provider delivers contents they start empty; else they start with
     * what is read now, which may overlap with writes that go on: all of those are in the sink and are replayed over it.
     */
    private final class Contents {
        private final BootedVm vm;
        private final RecordingSink sink;
        private final List<byte[]> bases;

        Contents(BootedVm vm, RecordingSink sink) throws Exception {
            this.vm = vm;
            this.sink = sink;
            this.bases = new ArrayList<>();
            for (int disk = 0; disk < vm.volumes().size(); disk++) {
                bases.add(
                        can(Capability.CAPTURE_DELIVERS_CONTENTS)
                                ? new byte[Math.toIntExact(vm.sizeBytes(disk))]
                                : readVolume(vm.volume(disk)));
            }
        }

        void assertReplayed() throws Exception {
            for (int disk = 0; disk < bases.size(); disk++) {
                VolumeId volume = vm.volume(disk);
                byte[] replayed = bases.get(disk).clone();
                sink.replay(volume, replayed);
                assertSameBytes(readVolume(volume), replayed, "captured calls replayed over " + volume);
            }
        }
    }
}
