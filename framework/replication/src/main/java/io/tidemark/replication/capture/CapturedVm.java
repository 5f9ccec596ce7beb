package io.tidemark.replication.capture;

import io.tidemark.replication.ReplicationSettings;
import io.tidemark.replication.lane.Lane;
import io.tidemark.replication.lane.Lane.Contents;
import io.tidemark.replication.lane.LaneStatus.Link;
import io.tidemark.replication.lane.LaneStatus.Phase;
import io.tidemark.spi.capture.CaptureSession;
import io.tidemark.spi.capture.LossCause;
import io.tidemark.spi.capture.WriteCapture;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.plugin.Capability;
import io.tidemark.spi.plugin.Deadline;
import io.tidemark.spi.site.HypervisorSite;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one VM captured, once, for all the lanes it is in: attaches when a lane is ready, lets later lanes join, and attaches anew
 * after a loss.
 *
 * <p>A supervisor, one virtual thread, does all of this and nothing else does; events only wake it.
 */
public final class CapturedVm implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CapturedVm.class);
    /** How long a first ready lane waits for its siblings before capture is attached without them. */
    private static final Duration SIBLING_GRACE = Duration.ofSeconds(2);

    private static final Duration IDLE_CHECK = Duration.ofSeconds(1);

    private final VmId vm;
    private final SiteLookup site;
    private final ReplicationSettings settings;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final CountDownLatch ended = new CountDownLatch(1);

    // Guarded by the lock.
    private final List<Lane> lanes = new ArrayList<>();
    private @Nullable String loss;
    /** The VM stopped with nothing missing; the session is kept, because it can tell when the VM has run again. */
    private boolean stopped;

    private boolean wake;
    private boolean closed;

    /** Changed by the supervisor alone. */
    private volatile @Nullable CaptureSession session;

    // Of the supervisor alone.
    private @Nullable FanOut fanOut;
    private Set<VolumeId> attachedVolumes = Set.of();
    private Duration pause;
    private @Nullable Deadline grace;
    private @Nullable Deadline retryAt;

    public CapturedVm(VmId vm, SiteLookup site, ReplicationSettings settings) {
        this.vm = vm;
        this.site = site;
        this.settings = settings;
        this.pause = settings.retryFirst();
        Thread.ofVirtual().name("capture-" + vm).start(this::supervise);
    }

    /** Finds the hypervisor that runs the VM, now. */
    @FunctionalInterface
    public interface SiteLookup {
        HypervisorSite site() throws ProviderException;
    }

    public void add(Lane lane) {
        change(() -> lanes.add(lane));
    }

    /** Takes a lane out; returns whether others are left. */
    public boolean remove(Lane lane) {
        lock.lock();
        try {
            lanes.remove(lane);
            wake = true;
            changed.signalAll();
            return !lanes.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /** A lane changed: look again. */
    public void wake() {
        change(() -> {});
    }

    /**
     * Proves that nothing the VM was given an acknowledgement for before this call is missing in the lanes that it streams into.
     *
     * @throws ProviderException {@code CONTINUITY_LOST}, or any other kind when that cannot be known now
     */
    public void confirmContinuity(Deadline deadline) throws ProviderException {
        CaptureSession asked = session;
        if (asked == null) {
            throw new ProviderException(
                    FailureKind.CONTINUITY_LOST,
                    "Continuity of VM " + vm + " is not confirmed",
                    "its capture is not attached",
                    "It is attached anew by itself; the VPG's state says when it is protected again");
        }
        asked.confirmContinuity(deadline);
    }

    private void change(Runnable change) {
        lock.lock();
        try {
            change.run();
            wake = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Detaches capture and ends the supervisor; waits until the VM is left alone, a minute at most. */
    @Override
    public void close() {
        change(() -> closed = true);
        try {
            if (!ended.await(1, TimeUnit.MINUTES)) {
                LOG.atWarn().addKeyValue("vm", vm).log("Capture is still being detached; it goes on in the background");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void supervise() {
        try {
            while (true) {
                List<Lane> now;
                String lost;
                boolean resting;
                lock.lock();
                try {
                    if (closed) {
                        break;
                    }
                    now = List.copyOf(lanes);
                    lost = loss;
                    loss = null;
                    resting = stopped;
                    wake = false;
                } finally {
                    lock.unlock();
                }
                Duration sleep = resting && lost == null ? rest(now) : step(now, lost);
                await(sleep);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            detach();
            ended.countDown();
        }
    }

    private void await(Duration atMost) throws InterruptedException {
        Deadline until = Deadline.after(atMost);
        lock.lock();
        try {
            while (!wake && !closed && !until.passed()) {
                changed.awaitNanos(until.remaining().toNanos());
            }
        } finally {
            lock.unlock();
        }
    }

    /** One look at a VM that is off: has it run again? */
    private Duration rest(List<Lane> now) {
        if (now.isEmpty() || !attachedVolumes.containsAll(volumesOf(now))) {
            endRest();
            return step(now, "The set of protected volumes changed; attaching capture anew");
        }
        try {
            confirmContinuity(Deadline.after(settings.callTimeout()));
        } catch (ProviderException e) {
            if (e.kind() == FailureKind.CONTINUITY_LOST) {
                endRest();
                return step(now, "The VM has run again; attaching capture anew, then comparing by checksum");
            }
            LOG.atInfo().addKeyValue("vm", vm).log("Whether the VM is still off is not known: {}", e.getMessage());
        }
        now.stream()
                .filter(lane -> lane.phase() == Phase.PREPARED)
                .forEach(lane -> lane.explain("The VM is off; its sync begins when it runs again"));
        return IDLE_CHECK;
    }

    private void endRest() {
        lock.lock();
        try {
            stopped = false;
        } finally {
            lock.unlock();
        }
    }

    /** One look at everything; returns how long to wait at most before the next. */
    private Duration step(List<Lane> now, @Nullable String lost) {
        if (lost != null) {
            detach();
            now.forEach(lane -> lane.captureLost(lost));
        }
        if (session != null && (now.isEmpty() || !attachedVolumes.containsAll(volumesOf(now)))) {
            detach();
            now.forEach(lane -> lane.captureLost("The set of protected volumes changed; attaching capture anew"));
        }
        List<Lane> ready =
                now.stream().filter(lane -> lane.phase() == Phase.PREPARED).toList();
        FanOut joined = fanOut;
        if (session != null && joined != null) {
            publishTo(joined, now, ready);
            ready.forEach(lane -> lane.begin(Contents.READ));
            return IDLE_CHECK;
        }
        if (ready.isEmpty()) {
            grace = null;
            return IDLE_CHECK;
        }
        if (retryAt != null && !retryAt.passed()) {
            return retryAt.remaining();
        }
        boolean allReady = now.stream()
                .allMatch(
                        lane -> lane.phase() == Phase.PREPARED || lane.status().link() == Link.DOWN);
        if (grace == null) {
            grace = Deadline.after(SIBLING_GRACE);
        }
        if (!allReady && !grace.passed()) {
            return grace.remaining();
        }
        return attach(now, ready);
    }

    private Duration attach(List<Lane> all, List<Lane> ready) {
        FanOut fresh = new FanOut(this::onLost);
        try {
            HypervisorSite hypervisor = site.site();
            WriteCapture capture = hypervisor
                    .writeCapture()
                    .orElseThrow(() -> new ProviderException(
                            FailureKind.UNSUPPORTED,
                            "Cannot protect VM " + vm,
                            "its hypervisor offers no write capture",
                            "Remove it from the VPG, or protect it from a hypervisor plugin that captures writes"));
            boolean delivers = hypervisor.capabilities().contains(Capability.CAPTURE_DELIVERS_CONTENTS);
            Set<VolumeId> volumes = volumesOf(all);
            // Lanes take writes before the first one can come; without delivery the sync must not read before capture
            // is on.
            if (delivers) {
                ready.forEach(lane -> lane.begin(Contents.DELIVERED));
            }
            fresh.publish(ready.toArray(Lane[]::new));
            fanOut = fresh;
            session = capture.attach(vm, List.copyOf(volumes), fresh, Deadline.after(settings.callTimeout()));
            attachedVolumes = volumes;
            if (!delivers) {
                ready.forEach(lane -> lane.begin(Contents.READ));
            }
            pause = settings.retryFirst();
            grace = null;
            LOG.atInfo().addKeyValue("vm", vm).addKeyValue("volumes", volumes).log("Capture is attached");
            return Duration.ZERO;
        } catch (ProviderException e) {
            fresh.publish(new Lane[0]);
            fanOut = null;
            session = null;
            LOG.atInfo().addKeyValue("vm", vm).log("Capture cannot be attached: {}", e.getMessage());
            String why = "Cannot capture the VM's writes, retrying: " + e.getMessage();
            for (Lane lane : ready) {
                if (lane.phase() == Phase.PREPARED) {
                    lane.explain(why);
                } else {
                    lane.captureLost(why);
                }
            }
            Duration wait = pause;
            retryAt = Deadline.after(wait);
            pause = min(pause.multipliedBy(2), settings.retryMost());
            return wait;
        }
    }

    private static Duration min(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    /** Lets lanes join: they get writes before they read the source. A lane that began earlier stays. */
    private static void publishTo(FanOut fanOut, List<Lane> now, List<Lane> ready) {
        fanOut.publish(now.stream()
                .filter(lane ->
                        ready.contains(lane) || lane.phase() == Phase.SYNCING || lane.phase() == Phase.STREAMING)
                .toArray(Lane[]::new));
    }

    private static Set<VolumeId> volumesOf(List<Lane> lanes) {
        Set<VolumeId> volumes = new LinkedHashSet<>();
        lanes.forEach(lane -> lane.spec().volumes().forEach(volume -> volumes.add(volume.id())));
        return volumes;
    }

    private void onLost(FanOut source, VolumeId volume, LossCause cause, String detail) {
        LOG.atWarn()
                .addKeyValue("vm", vm)
                .addKeyValue("volume", volume)
                .addKeyValue("cause", cause)
                .log("Capture was lost: {}", detail);
        if (cause == LossCause.VM_STOPPED) {
            source.restLanes("The VM stopped; protection goes on with a delta sync when it runs again: " + detail);
            change(() -> stopped = true);
            return;
        }
        String why = "Capture of the VM's writes was lost (" + detail + "); attaching anew, then comparing by checksum";
        // On this thread, before anything else: no checkpoint may be cut as if nothing were missing (J6).
        source.loseLanes(why);
        change(() -> {
            loss = why;
            stopped = false;
        });
    }

    private void detach() {
        FanOut old = fanOut;
        if (old != null) {
            old.publish(new Lane[0]);
        }
        fanOut = null;
        CaptureSession ending = session;
        session = null;
        attachedVolumes = Set.of();
        if (ending != null) {
            ending.close();
        }
    }
}
