package io.tidemark.hypervisor.vsphere.hostsimulator;

import io.tidemark.guest.GuestDisk;
import io.tidemark.hypervisor.vsphere.filter.protocol.DiskEvent;
import io.tidemark.hypervisor.vsphere.filter.protocol.GapCause;
import io.tidemark.hypervisor.vsphere.hostsimulator.ChangeTracking.Tracked;
import io.tidemark.spi.block.BlockExtent;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One disk of a VM, and the path that its guest's writes take: under one lock the filter is handed the write, the grains are marked, the file
 * is written; without the lock the guest then waits for the filter. So the filter sees each write before it is in the file, in the order in
 * which writes take effect, and a read under the lock shows whole writes only. Any thread.
 */
final class SimulatedDisk {
    private static final Logger LOG = LoggerFactory.getLogger(SimulatedDisk.class);

    private final String id;
    private final Path path;
    private final ReentrantLock order = new ReentrantLock(true);
    private final WriteGate gate = new WriteGate(order);
    private final ChangeTracking tracking;
    private FlatFile file;
    private volatile long sizeBytes;
    private volatile boolean powered;
    private final AtomicInteger powerOns = new AtomicInteger();
    private @Nullable DiskAttachment attachment;
    private FlatFile.@Nullable Stamp atRest;
    private boolean closed;

    SimulatedDisk(String id, Path path, long sizeBytes) throws IOException {
        this.id = id;
        this.path = path;
        this.sizeBytes = sizeBytes;
        this.file = new FlatFile(path, sizeBytes);
        try {
            this.tracking = ChangeTracking.open(path, file, sizeBytes);
        } catch (IOException failed) {
            file.close();
            throw failed;
        }
    }

    String id() {
        return id;
    }

    Path path() {
        return path;
    }

    long sizeBytes() {
        return sizeBytes;
    }

    boolean isPowered() {
        return powered;
    }

    int powerOns() {
        return powerOns.get();
    }

    /** Gives the disk to a guest that starts; what it holds then is the guest's until the power goes. */
    GuestDisk powerOn() throws IOException {
        order.lock();
        try {
            requireOpen();
            noticeChangedContents();
            powered = true;
            BootedDisk boot = new BootedDisk(this, powerOns.incrementAndGet());
            tell(new DiskEvent(DiskEvent.Kind.POWER_ON, 0));
            return boot;
        } finally {
            order.unlock();
        }
    }

    /** At once: what is being written is written, nothing else is, and whoever waits for a filter waits no longer. */
    void powerOff() {
        order.lock();
        try {
            if (!powered) {
                return;
            }
            powered = false;
            gate.powerChanged();
            tell(new DiskEvent(DiskEvent.Kind.POWER_OFF, 0));
            if (attachment != null) {
                attachment.powerChanged();
            }
            try {
                atRest = file.stamp();
            } catch (IOException failed) {
                LOG.atWarn().addKeyValue("disk", id).log("The file of a disk is not there any more", failed);
                atRest = null;
            }
        } finally {
            order.unlock();
        }
    }

    /** Attaches a filter in place of the one before; the maker runs when no write is half done. */
    DiskAttachment attach(Function<SimulatedDisk, DiskAttachment> maker) throws IOException {
        order.lock();
        try {
            requireOpen();
            if (attachment != null) {
                attachment.breakOff(GapCause.TAKEN_OVER, "another filter attached to the disk");
            }
            attachment = maker.apply(this);
            return attachment;
        } finally {
            order.unlock();
        }
    }

    void detach(DiskAttachment ended) {
        order.lock();
        try {
            ended.detach();
            if (attachment == ended) {
                attachment = null;
            }
        } finally {
            order.unlock();
        }
    }

    /**
     * Reads for a filter, with the VM on or off.
     *
     * @return what the attached filter was handed before; all of it, and nothing after it, is in what was read
     */
    long read(long offset, ByteBuffer into) throws IOException {
        order.lock();
        try {
            requireOpen();
            requireWithin(offset, into.remaining());
            if (!powered) {
                noticeChangedContents();
            }
            file.read(offset, into);
            return attachment == null ? 0 : attachment.state().issuedSequence();
        } finally {
            order.unlock();
        }
    }

    /** Which parts of a range were ever written; at most so many extents, from its start. */
    List<BlockExtent> extents(long offset, long lengthBytes, int most) throws IOException {
        order.lock();
        try {
            requireOpen();
            requireWithin(offset, lengthBytes);
            return tracking.extents(offset, lengthBytes, most);
        } finally {
            order.unlock();
        }
    }

    void grow(long changedSizeBytes) throws IOException {
        order.lock();
        try {
            requireOpen();
            file.grow(changedSizeBytes);
            tracking.grow(changedSizeBytes);
            sizeBytes = changedSizeBytes;
            tell(new DiskEvent(DiskEvent.Kind.RESIZED, changedSizeBytes));
            atRest = powered ? null : file.stamp();
        } finally {
            order.unlock();
        }
    }

    /** The state of the moment, named, and the number of the freeze. */
    record Frozen(Tracked state, int number) {}

    /**
     * Lets no write begin, and returns when none is under way.
     *
     * @return empty when the disk is frozen already, or writes do not end in time
     */
    @Nullable Frozen freeze(Duration limit) throws IOException, InterruptedException {
        order.lock();
        try {
            requireOpen();
            if (gate.isShut() || !gate.shut(limit)) {
                return null;
            }
            try {
                Tracked state = tracking.raise();
                tell(new DiskEvent(DiskEvent.Kind.SNAPSHOT, state.sequence()));
                return new Frozen(state, gate.number());
            } catch (IOException failed) {
                gate.open();
                throw failed;
            }
        } finally {
            order.unlock();
        }
    }

    /** @return false when the disk is not frozen (any more) */
    boolean thaw() {
        order.lock();
        try {
            boolean wasFrozen = gate.isShut();
            gate.open();
            return wasFrozen;
        } finally {
            order.unlock();
        }
    }

    /** Ends a freeze that nobody has ended. */
    void thawOverdue(int number) {
        order.lock();
        try {
            if (gate.isShut() && gate.number() == number) {
                LOG.atWarn().addKeyValue("disk", id).log("Writes go on: nobody thawed the disk in time");
                gate.open();
            }
        } finally {
            order.unlock();
        }
    }

    /** Begins another history of changes. */
    Tracked resetTracking() throws IOException {
        order.lock();
        try {
            requireOpen();
            if (!powered) {
                noticeChangedContents();
            }
            return tracking.reset(file);
        } finally {
            order.unlock();
        }
    }

    /** Lets go of the files. */
    void close(String why) throws IOException {
        powerOff();
        order.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            if (attachment != null) {
                attachment.breakOff(GapCause.DISK_REMOVED, why);
            }
            file.close();
        } finally {
            order.unlock();
        }
    }

    /** Reads for the guest of a boot. */
    void read(int boot, long offset, ByteBuffer into) throws IOException {
        order.lock();
        try {
            requirePower(boot);
            requireWithin(offset, into.remaining());
            file.read(offset, into);
        } finally {
            order.unlock();
        }
    }

    /** Does what the guest of a boot asks for; acknowledged by returning. */
    void command(int boot, Change change) throws IOException {
        try {
            begin(boot);
            try {
                run(boot, change);
            } finally {
                gate.leave();
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("the guest was interrupted");
        }
    }

    private void begin(int boot) throws IOException, InterruptedException {
        order.lock();
        try {
            gate.enter(() -> powered);
            requirePower(boot);
            gate.entered();
        } finally {
            order.unlock();
        }
    }

    private void run(int boot, Change change) throws IOException, InterruptedException {
        long start = System.nanoTime();
        while (true) {
            DiskAttachment filter;
            long sequence;
            FlatFile target;
            order.lock();
            try {
                requirePower(boot);
                requireWithin(change.offset(), change.lengthBytes());
                filter = attachment;
                target = file;
                sequence = filter == null ? DiskAttachment.NOT_HELD : filter.tryIssue(change);
                if (sequence != DiskAttachment.NO_ROOM) {
                    apply(change);
                }
            } finally {
                order.unlock();
            }
            if (sequence != DiskAttachment.NO_ROOM && change instanceof Change.Flush) {
                target.flush(); // without the lock: it takes long, and has no place in the order of contents
            }
            if (filter == null || sequence == DiskAttachment.NOT_HELD || (sequence > 0 && !filter.holds())) {
                return;
            }
            long deadline = start + filter.limitNanos();
            if (sequence == DiskAttachment.NO_ROOM) {
                filter.awaitRoom(change, deadline);
            } else if (filter.awaitCompletion(sequence, deadline)) {
                return;
            } else {
                throw new IOException("the VM lost its power before the write was acknowledged");
            }
        }
    }

    private void apply(Change change) throws IOException {
        tracking.mark(change.offset(), change.lengthBytes());
        try {
            change.applyTo(file);
        } catch (IOException failed) {
            if (attachment != null) {
                attachment.breakOff(GapCause.DISK_FAILED, "the disk failed a write: " + failed.getMessage());
            }
            throw failed;
        }
    }

    private void tell(DiskEvent event) {
        if (attachment != null) {
            attachment.tryIssue(new Change.Event(event));
        }
    }

    /** What was written behind the host's back while the VM had no power was no write of the guest. */
    private void noticeChangedContents() throws IOException {
        FlatFile.Stamp before = atRest;
        FlatFile.Stamp now = file.stamp();
        if (file.isReplaced()) {
            FlatFile opened = new FlatFile(path, sizeBytes);
            file.close();
            file = opened;
        } else if (before == null || before.equals(now)) {
            return;
        }
        LOG.atInfo().addKeyValue("disk", id).log("The contents were changed by somebody else than the guest");
        if (attachment != null) {
            attachment.breakOff(GapCause.DISK_CHANGED, "the file of the disk was changed while the VM was off");
        }
        tracking.reset(file);
        atRest = file.stamp();
    }

    private void requireOpen() throws IOException {
        if (closed) {
            throw new IOException("disk " + id + " was removed");
        }
    }

    private void requirePower(int boot) throws IOException {
        if (!powered || powerOns.get() != boot) {
            throw new IOException("the VM has no power");
        }
    }

    private void requireWithin(long offset, long lengthBytes) throws IOException {
        if (offset < 0 || lengthBytes < 0 || offset > sizeBytes - lengthBytes) {
            throw new IOException("disk " + id + " ends at " + sizeBytes + ", before " + offset + " + " + lengthBytes);
        }
    }
}
