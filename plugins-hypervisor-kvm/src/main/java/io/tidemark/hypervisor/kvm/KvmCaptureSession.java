package io.tidemark.hypervisor.kvm;

import io.tidemark.hypervisor.kvm.DomainXml.Disk;
import io.tidemark.hypervisor.kvm.DomainXml.Mirror;
import io.tidemark.spi.capture.CaptureSession;
import io.tidemark.spi.capture.LossCause;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.plugin.Deadline;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.libvirt.DomainBlockJobInfo;
import org.libvirt.LibvirtException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Capture of one running VM: its block jobs, from attached to synchronous to lost or closed.
 *
 * <p>Two threads look after it. The site's watchdog calls {@link #look}, which only looks at memory. The session's own thread asks libvirt
 * how the jobs are going and does what may block: finding the cause of a loss, and breaking the connection of a call that hangs.
 */
final class KvmCaptureSession implements CaptureSession {
    private static final Logger LOG = LoggerFactory.getLogger(KvmCaptureSession.class);
    private static final long DELIVERY_POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long STEADY_POLL_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final Duration QUICK = Duration.ofSeconds(2);
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(4);
    private static final Duration CAUSE_LIMIT = Duration.ofSeconds(1);
    private static final Duration CAUSE_QUESTION_LIMIT = Duration.ofMillis(250);

    private final VmId vm;
    private final Optional<QemuProcess> process;
    private final List<CapturedVolume> volumes;
    private final Libvirt libvirt;
    private final Monitor monitor;
    private final CaptureWatchdog watchdog;
    private final AtomicBoolean closing = new AtomicBoolean();
    private final Thread attendant;
    private volatile boolean work;
    private volatile boolean hasRunSince;

    /** @param volumes attached to the VM already */
    KvmCaptureSession(
            VmId vm,
            Optional<QemuProcess> process,
            List<CapturedVolume> volumes,
            Libvirt libvirt,
            Monitor monitor,
            CaptureWatchdog watchdog,
            ThreadFactory threads) {
        this.vm = vm;
        this.process = process;
        this.volumes = List.copyOf(volumes);
        this.libvirt = libvirt;
        this.monitor = monitor;
        this.watchdog = watchdog;
        this.attendant = threads.newThread(this::attend);
    }

    void start() {
        attendant.start();
        watchdog.watch(this);
    }

    VmId vm() {
        return vm;
    }

    /** Looks for a closed connection and for a call that hangs. Memory only; never blocks. */
    void look() {
        if (closing.get()) {
            return;
        }
        for (CapturedVolume volume : volumes) {
            if (!volume.device().isLost() && (volume.disconnected() || hangs(volume))) {
                work = true;
                LockSupport.unpark(attendant);
                return;
            }
        }
    }

    private static boolean hangs(CapturedVolume volume) {
        return volume.device().callNanos() > CaptureWatchdog.LONGEST_CALL_NANOS;
    }

    private void attend() {
        long nextPoll = System.nanoTime();
        while (!closing.get()) {
            if (work) {
                work = false;
                attendLosses();
            }
            if (System.nanoTime() - nextPoll >= 0) {
                poll();
                nextPoll = System.nanoTime() + (allSettled() ? STEADY_POLL_NANOS : DELIVERY_POLL_NANOS);
            }
            if (!work && !closing.get()) {
                LockSupport.parkNanos(this, Math.max(1, nextPoll - System.nanoTime()));
            }
        }
    }

    private boolean allSettled() {
        return volumes.stream()
                .allMatch(volume ->
                        volume.device().isSynchronous() || volume.device().isLost());
    }

    private void attendLosses() {
        // All marks first: from now on none of these volumes takes a write that the sink would not know the fate of.
        List<CapturedVolume> hung = volumes.stream()
                .filter(volume -> hangs(volume) && volume.device().markLost())
                .toList();
        List<CapturedVolume> gone = volumes.stream()
                .filter(volume -> volume.disconnected() && volume.device().markLost())
                .toList();
        for (CapturedVolume volume : hung) {
            yank(volume);
            lose(
                    volume,
                    LossCause.CAPTURE_FAILED,
                    "taking a write lasted longer than "
                            + TimeUnit.NANOSECONDS.toMillis(CaptureWatchdog.LONGEST_CALL_NANOS)
                            + " ms; the capture was cut off so that the guest goes on");
        }
        if (!gone.isEmpty()) {
            Loss loss = causeOfDisconnect(gone.getFirst());
            gone.forEach(volume -> lose(volume, loss.cause(), loss.detail()));
        }
    }

    private void lose(CapturedVolume volume, LossCause cause, String detail) {
        LOG.atWarn()
                .addKeyValue("vm", vm)
                .addKeyValue("volume", volume.id())
                .addKeyValue("cause", cause)
                .addKeyValue("detail", detail)
                .log("continuity lost");
        if (!closing.get()) {
            volume.device().reportLoss(cause, detail);
        }
    }

    private void yank(CapturedVolume volume) {
        try {
            monitor.yank(vm, volume.storageNode(), Deadline.after(QUICK));
        } catch (ProviderException e) {
            LOG.atError()
                    .addKeyValue("vm", vm)
                    .addKeyValue("volume", volume.id())
                    .setCause(e)
                    .log("a hanging capture could not be cut off from QEMU; closing its export instead");
            Thread.startVirtualThread(() -> volume.export().close());
        }
    }

    private record Loss(LossCause cause, String detail) {}

    /**
     * Why QEMU closed the connection: the VM went off, the disk is gone, or only the job failed. Told within a second whether it was found
     * out or not, because until then the host does not know that writes may be missing.
     */
    private Loss causeOfDisconnect(CapturedVolume volume) {
        Deadline limit = Deadline.after(CAUSE_LIMIT);
        while (!limit.passed() && !closing.get()) {
            if (process.filter(qemu -> !qemu.alive()).isPresent()) {
                return new Loss(LossCause.VM_STOPPED, "the VM's QEMU ended");
            }
            try {
                Optional<Loss> found = askForCause(volume, Deadline.after(CAUSE_QUESTION_LIMIT));
                if (found.isPresent()) {
                    return found.get();
                }
            } catch (ProviderException e) {
                LOG.atDebug().addKeyValue("vm", vm).setCause(e).log("libvirt does not say yet why a capture ended");
            }
            Waiting.pause(Duration.ofMillis(10));
        }
        return new Loss(
                LossCause.CAPTURE_FAILED,
                "QEMU closed the connection to disk " + volume.disk() + "; libvirt did not say why in time");
    }

    /** Empty while a VM is on its way down: libvirt still has it, and its QEMU does not answer any more. */
    private Optional<Loss> askForCause(CapturedVolume volume, Deadline limit) throws ProviderException {
        Optional<DomainXml> xml = liveXml(limit);
        if (xml.isEmpty()) {
            return Optional.of(new Loss(LossCause.VM_STOPPED, "the VM is off or was removed"));
        }
        if (xml.get().disk(volume.disk()).isEmpty()) {
            return Optional.of(new Loss(LossCause.VOLUME_CHANGED, "disk " + volume.disk() + " was unplugged"));
        }
        monitor.exports(vm, limit);
        return Optional.of(new Loss(
                LossCause.CAPTURE_FAILED, "QEMU's copy job on disk " + volume.disk() + " ended; the guest runs on"));
    }

    /** Empty when the VM is off. */
    private Optional<DomainXml> liveXml(Deadline limit) throws ProviderException {
        return libvirt.<Optional<DomainXml>>ifDomain("Looking at VM " + vm, vm, limit, domain -> {
                    if (domain.isActive() == 0) {
                        return Optional.empty();
                    }
                    return Optional.of(DomainXml.parse(domain.getXMLDesc(0)));
                })
                .flatMap(xml -> xml);
    }

    private void poll() {
        if (allSettled()) {
            return;
        }
        try {
            Optional<DomainXml> xml = liveXml(Deadline.after(QUICK));
            if (xml.isEmpty()) {
                return; // the connections close with QEMU, which the watchdog sees
            }
            for (CapturedVolume volume : volumes) {
                if (!volume.device().isSynchronous() && !volume.device().isLost()) {
                    pollJob(volume, xml.get());
                }
            }
        } catch (ProviderException e) {
            // libvirtd may be restarting; the jobs run in QEMU and do not care.
            LOG.atInfo().addKeyValue("vm", vm).setCause(e).log("the progress of a capture is not known; asking again");
        }
    }

    private void pollJob(CapturedVolume volume, DomainXml xml) throws ProviderException {
        Optional<Mirror> mirror = xml.disk(volume.disk()).flatMap(Disk::mirror);
        if (mirror.isEmpty()) {
            return;
        }
        if (mirror.get().ready()) {
            volume.device().delivered(volume.device().sizeBytes());
            volume.device().turnSynchronous();
            LOG.atInfo()
                    .addKeyValue("vm", vm)
                    .addKeyValue("volume", volume.id())
                    .log("capture is synchronous");
            return;
        }
        Optional<Double> fraction =
                libvirt.ifDomain("Asking for the progress of " + volume.id(), vm, Deadline.after(QUICK), domain -> {
                    DomainBlockJobInfo info = domain.getBlockJobInfo(volume.disk(), 0);
                    return info == null || info.end <= 0 ? 0.0 : (double) info.cur / info.end;
                });
        volume.device().delivered((long) (volume.device().sizeBytes() * Math.clamp(fraction.orElse(0.0), 0.0, 1.0)));
    }

    @Override
    public void confirmContinuity(Deadline deadline) throws ProviderException {
        awaitCauses(deadline);
        if (volumes.stream().allMatch(KvmCaptureSession::vmStopped)) {
            if (hasRunSince || liveXml(deadline).isPresent()) {
                hasRunSince = true;
                throw notConfirmed(FailureKind.CONTINUITY_LOST, "the VM runs again, uncaptured");
            }
            return;
        }
        requireUnbroken();
        Map<String, Monitor.MirrorState> mirrors = monitor.mirrors(
                vm, volumes.stream().collect(Collectors.toMap(CapturedVolume::disk, CapturedVolume::alias)), deadline);
        // After QEMU's answer: a connection that broke before it is known here by now, or stood in the answer.
        requireUnbroken();
        for (CapturedVolume volume : volumes) {
            if (mirrors.get(volume.disk()) != Monitor.MirrorState.IN_STEP) {
                throw notConfirmed(
                        FailureKind.RETRY_LATER,
                        "QEMU's copy of disk " + volume.disk() + " is " + mirrors.get(volume.disk()));
            }
        }
    }

    /** A volume whose connection is closed was lost: its cause will be known within a second or so. */
    private void awaitCauses(Deadline deadline) throws ProviderException {
        while (volumes.stream().anyMatch(KvmCaptureSession::beingFoundOut) && !closing.get()) {
            if (deadline.passed()) {
                throw notConfirmed(FailureKind.RETRY_LATER, "a capture ended, and why is still being found out");
            }
            Waiting.pause(Duration.ofMillis(5));
        }
        if (closing.get()) {
            throw notConfirmed(FailureKind.CONTINUITY_LOST, "the capture was closed");
        }
    }

    private static boolean beingFoundOut(CapturedVolume volume) {
        boolean ended = volume.device().isLost() || volume.disconnected();
        return ended && volume.device().lossCause().isEmpty();
    }

    private static boolean vmStopped(CapturedVolume volume) {
        return volume.device().lossCause().filter(LossCause.VM_STOPPED::equals).isPresent();
    }

    private void requireUnbroken() throws ProviderException {
        for (CapturedVolume volume : volumes) {
            if (volume.device().isLost() || volume.disconnected()) {
                throw notConfirmed(FailureKind.CONTINUITY_LOST, "the capture of disk " + volume.disk() + " ended");
            }
            if (!volume.device().isSynchronous()) {
                throw notConfirmed(FailureKind.RETRY_LATER, "disk " + volume.disk() + " is still being copied");
            }
        }
    }

    private ProviderException notConfirmed(FailureKind kind, String why) {
        return new ProviderException(
                kind,
                "Continuity of VM " + vm + " is not confirmed",
                why,
                "Capture heals by itself; the next checkpoint is made when it has.");
    }

    @Override
    public void close() {
        if (!closing.compareAndSet(false, true)) {
            return;
        }
        watchdog.forget(this);
        LockSupport.unpark(attendant);
        Deadline limit = Deadline.after(CLOSE_LIMIT);
        for (CapturedVolume volume : volumes) {
            if (hangs(volume)) {
                yank(volume);
            }
            abort(volume, limit);
        }
        volumes.forEach(volume -> volume.device().close());
        volumes.forEach(volume -> volume.export().close());
        while (volumes.stream().anyMatch(volume -> volume.device().busy()) && !limit.passed()) {
            Waiting.pause(Duration.ofMillis(1));
        }
        joinAttendant(limit);
    }

    /** Ends what was attached so far, for a session that was never started. */
    void abandon() {
        closing.set(true);
        Deadline limit = Deadline.after(CLOSE_LIMIT);
        for (CapturedVolume volume : volumes) {
            abort(volume, limit);
            volume.device().close();
            volume.export().close();
        }
    }

    /** Ends the block job and leaves the disk as it is; does nothing when it has ended. */
    private void abort(CapturedVolume volume, Deadline limit) {
        try {
            libvirt.ifDomain("Ending the capture of " + volume.id(), vm, limit, domain -> {
                if (domain.isActive() == 0 || !mirrorsTo(volume, DomainXml.parse(domain.getXMLDesc(0)))) {
                    // Ended by itself. What runs on the disk now is somebody else's, perhaps the next session's.
                    return true;
                }
                try {
                    domain.blockJobAbort(volume.disk(), 0);
                } catch (LibvirtException failure) {
                    if (domain.isActive() != 0 && !volume.disconnected()) {
                        throw failure;
                    }
                }
                return true;
            });
        } catch (ProviderException e) {
            // Closing the export, which follows, fails the job as well.
            LOG.atWarn()
                    .addKeyValue("vm", vm)
                    .addKeyValue("volume", volume.id())
                    .setCause(e)
                    .log("a block job was not ended in an orderly way; its connection is closed instead");
        }
    }

    private static boolean mirrorsTo(CapturedVolume volume, DomainXml xml) {
        String socket = volume.export().address().socket().toString();
        return xml.disk(volume.disk())
                .flatMap(Disk::mirror)
                .flatMap(Mirror::socket)
                .filter(socket::equals)
                .isPresent();
    }

    private void joinAttendant(Deadline limit) {
        if (Thread.currentThread() == attendant) {
            return;
        }
        try {
            attendant.join(Math.max(1, limit.remaining().toMillis()));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
