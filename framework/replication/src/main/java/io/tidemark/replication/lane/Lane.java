package io.tidemark.replication.lane;

import io.tidemark.journal.batch.RecordType;
import io.tidemark.replication.SyncKind;
import io.tidemark.replication.lane.Intake.Admission;
import io.tidemark.replication.lane.LaneMonitor.Wait;
import io.tidemark.replication.lane.LaneStatus.Link;
import io.tidemark.replication.lane.LaneStatus.Phase;
import io.tidemark.spi.block.ZeroCause;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.tracking.VolumeChanges;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The ordered writes of one VM on their way to the journal of one VPG. See {@link Phase} for its states.
 *
 * <p>Capture threads call {@link #captured} and {@link #capturedZero}: they copy into memory under the lane's lock, or, when memory is
 * full, mark blocks dirty, and return. {@link LaneLink} sends, {@link SyncPass} reads dirty blocks. A sync is one thing for all its
 * kinds: blocks that have to be read, less those that the recovery site is known to hold.
 */
// Above 400 lines: the lane's whole state chart is kept in one place; where writes go and how its threads wait are
// rooms of their own.
public final class Lane {
    private static final String STREAMING_DETAIL = "Every write is on its way as it happens";
    private static final String COPYING_DETAIL = "Copying the whole VM";
    private static final String COMPARING_DETAIL = "Comparing with the recovery site by checksum";
    private static final String RESTING_DETAIL = "The VM is off; everything that it wrote is captured";

    private final LaneSpec spec;
    private final Supplier<Cut> currentCut;
    private final LaneEvents events;
    private final LaneMonitor monitor = new LaneMonitor();
    private final OrderLog log;
    private final Intake intake;

    private Phase phase = Phase.IDLE;
    private Link link = Link.DOWN;
    private @Nullable SyncKind sync;
    private String detail = "Waiting for the recovery site";
    private String calmWords = STREAMING_DETAIL;
    /** The contents come from freezes; nothing is captured in between. */
    private boolean frozen;

    private long syncGeneration;
    private long lastTick;
    private long writes;
    private long writtenBytes;
    private long shippedBytes;
    private volatile boolean closed;

    Lane(LaneSpec spec, long memoryLimitBytes, Supplier<Cut> currentCut, LaneEvents events) {
        this.spec = spec;
        this.currentCut = currentCut;
        this.events = events;
        this.log = new OrderLog(memoryLimitBytes);
        this.intake = new Intake(log, spec.volumes());
    }

    public LaneSpec spec() {
        return spec;
    }

    // ---- captured writes -------------------------------------------------------------------------------------------

    /** Takes bytes written to a volume. Never blocks on I/O; the guest's write may be acknowledged on return. */
    public void captured(VolumeId volume, long offset, ByteBuffer data) {
        int index = spec.indexOf(volume);
        if (index < 0 || !data.hasRemaining()) {
            return;
        }
        monitor.lock();
        try {
            if (takesWrites()) {
                barrierIfDue();
                writes++;
                writtenBytes += data.remaining();
                admitted(intake.write(index, offset, data, phase));
            }
        } finally {
            monitor.unlock();
        }
    }

    /** Takes a range that now reads as zeroes. */
    public void capturedZero(VolumeId volume, long offset, long lengthBytes, ZeroCause cause) {
        int index = spec.indexOf(volume);
        if (index < 0 || lengthBytes == 0) {
            return;
        }
        monitor.lock();
        try {
            if (takesWrites()) {
                barrierIfDue();
                writes++;
                RecordType type = cause == ZeroCause.TRIM ? RecordType.TRIM : RecordType.ZERO;
                admitted(intake.zero(type, index, offset, lengthBytes));
            }
        } finally {
            monitor.unlock();
        }
    }

    private boolean takesWrites() {
        return phase == Phase.SYNCING || phase == Phase.STREAMING;
    }

    private void admitted(Admission admission) {
        switch (admission) {
            case TAKEN -> monitor.signal(Wait.SEND);
            case DIRTY -> {
                // The guest goes on; the blocks are read again later, and until then there is no checkpoint (J6).
                if (phase == Phase.STREAMING) {
                    beginSync(
                            SyncKind.BITMAP,
                            "Memory for unsent writes is full; tracking changed blocks until the link catches up");
                }
                monitor.signal(Wait.SYNC);
            }
        }
    }

    // ---- checkpoints -----------------------------------------------------------------------------------------------

    /** Whether a checkpoint may be cut through this lane now. */
    public boolean inContinuity() {
        monitor.lock();
        try {
            return missesNothing();
        } finally {
            monitor.unlock();
        }
    }

    private boolean missesNothing() {
        return phase == Phase.STREAMING || phase == Phase.RESTING;
    }

    /** Every member's capture has missed nothing up to the barrier; returns whether this lane has the barrier still. */
    public boolean confirm(CheckpointId checkpoint) {
        boolean there;
        boolean wordsChanged = false;
        monitor.lock();
        try {
            there = log.confirm(checkpoint);
            monitor.signal(Wait.SEND);
            if (missesNothing() && link == Link.UP) {
                wordsChanged = !detail.equals(calmDetail());
                detail = calmDetail();
            }
        } finally {
            monitor.unlock();
        }
        if (wordsChanged) {
            events.onLaneChanged(this);
        }
        return there;
    }

    private String calmDetail() {
        return phase == Phase.RESTING ? RESTING_DETAIL : calmWords;
    }

    /** What to say while all is well, instead of speaking of writes as they happen. */
    public void calmWords(String words) {
        boolean changed;
        monitor.lock();
        try {
            changed = detail.equals(calmWords) && !words.equals(calmWords);
            calmWords = words;
            if (changed) {
                detail = words;
            }
        } finally {
            monitor.unlock();
        }
        if (changed) {
            events.onLaneChanged(this);
        }
    }

    /** The barrier that was cut last becomes no checkpoint. */
    public void discardUnconfirmed() {
        monitor.lock();
        try {
            log.discardUnconfirmed();
            monitor.signal(Wait.SEND);
        } finally {
            monitor.unlock();
        }
    }

    /** Makes sure that the current cut has its barrier here; returns for how long the lane was held, in nanoseconds. */
    public long cutNow() {
        monitor.lock();
        try {
            long since = System.nanoTime();
            barrierIfDue();
            monitor.signal(Wait.SEND);
            return System.nanoTime() - since;
        } finally {
            monitor.unlock();
        }
    }

    private void barrierIfDue() {
        Cut cut = currentCut.get();
        if (cut.tick() != lastTick) {
            lastTick = cut.tick();
            if (missesNothing()) {
                log.addCheckpoint(cut);
            }
        }
    }

    // ---- phases ----------------------------------------------------------------------------------------------------

    /** The recovery site's contents are known, one per volume: captured writes may begin. */
    void prepared(SyncKind kind, List<KnownContents> known) {
        monitor.lock();
        try {
            if (closed || phase != Phase.IDLE || !log.isEmpty()) {
                return;
            }
            intake.compareWith(known);
            sync = kind;
            phase = Phase.PREPARED;
            detail = "Ready to sync";
        } finally {
            monitor.unlock();
        }
        events.onLaneChanged(this);
    }

    /** How the contents of the volumes reach a lane that begins. */
    public enum Contents {
        /** Attaching capture delivers them; each volume says when it has. */
        DELIVERED,
        /** They are read from the source, block by block. */
        READ
    }

    /** Begins to take captured writes. From here on the lane heals by itself until capture is lost. */
    public void begin(Contents contents) {
        monitor.lock();
        try {
            if (phase != Phase.PREPARED) {
                return;
            }
            intake.begin(contents);
            SyncKind kind = sync == null ? SyncKind.DELTA : sync;
            beginSync(kind, kind == SyncKind.INITIAL ? COPYING_DETAIL : COMPARING_DETAIL);
        } finally {
            monitor.unlock();
        }
        events.onLaneChanged(this);
    }

    /**
     * Begins to take frozen contents, or goes on with those of a later freeze: blocks that are still missing are then read from that one. A
     * lane that is only prepared compares everything. Ends in {@code STREAMING}, where the journal holds exactly the frozen contents.
     *
     * @param changes since the freeze before, one per volume, in journal order
     * @return false when the lane can take none now. When a volume has to be compared as a whole, it asks the recovery site for what it
     *     holds first, and is {@code PREPARED} then
     */
    public boolean beginFrozen(List<VolumeChanges> changes) {
        boolean begun;
        monitor.lock();
        try {
            Optional<VolumeChanges> whole = changes.stream()
                    .filter(each -> each.basis() == VolumeChanges.Basis.BLANK_VOLUME)
                    .findFirst();
            if (phase == Phase.PREPARED) {
                frozen = true;
                intake.begin(Contents.READ);
                SyncKind kind = sync == null ? SyncKind.DELTA : sync;
                beginSync(kind, kind == SyncKind.INITIAL ? COPYING_DETAIL : COMPARING_DETAIL);
            } else if (frozen && whole.isPresent() && takesWrites()) {
                stopTakingWrites("Comparing with the recovery site by checksum: "
                        + whole.get().reason());
            } else if (frozen && takesWrites()) {
                intake.markDirty(changes);
                if (phase == Phase.STREAMING) {
                    beginSync(SyncKind.BITMAP, calmWords);
                }
            }
            begun = frozen && phase == Phase.SYNCING;
        } finally {
            monitor.unlock();
        }
        events.onLaneChanged(this);
        return begun;
    }

    /** Between two frozen states: protected, although no checkpoint can be made at this moment. */
    private boolean isBetweenFreezes() {
        return frozen && phase == Phase.SYNCING && sync == SyncKind.BITMAP;
    }

    private void beginSync(SyncKind kind, String why) {
        sync = kind;
        phase = Phase.SYNCING;
        detail = why;
        log.addMarker(RecordType.SYNC_BEGIN, System.nanoTime());
        monitor.signalAll();
    }

    /** Progress of the delivery of contents. */
    public void delivered(VolumeId volume, long bytes) {
        onVolume(volume, part -> part.deliveredSoFar(bytes));
        events.onLaneChanged(this);
    }

    /** All contents of the volume were delivered. */
    public void synchronous(VolumeId volume) {
        onVolume(volume, LaneVolume::delivered);
        finishSyncIfClean();
    }

    private void onVolume(VolumeId volume, Consumer<LaneVolume> change) {
        int index = spec.indexOf(volume);
        if (index < 0) {
            return;
        }
        monitor.lock();
        try {
            change.accept(intake.volume(index));
            monitor.signal(Wait.SYNC);
        } finally {
            monitor.unlock();
        }
    }

    /** Ends the sync when nothing is missing any more. */
    void finishSyncIfClean() {
        monitor.lock();
        try {
            if (phase != Phase.SYNCING || !intake.isClean()) {
                return;
            }
            log.addMarker(RecordType.SYNC_END, System.nanoTime());
            phase = Phase.STREAMING;
            detail = calmWords;
            // A cut made during the sync has no barrier here and never will (J6).
            lastTick = currentCut.get().tick();
            intake.stopComparing();
            monitor.signalAll();
        } finally {
            monitor.unlock();
        }
        events.onLaneChanged(this);
    }

    /** The VM stopped and nothing of it is missing; a lane that was still syncing has lost its source all the same. */
    public void vmStopped(String why) {
        monitor.lock();
        try {
            if (closed || phase == Phase.RESTING) {
                return;
            }
            if (phase == Phase.STREAMING) {
                phase = Phase.RESTING;
                detail = RESTING_DETAIL;
                monitor.signalAll();
            } else {
                stopTakingWrites(why);
            }
        } finally {
            monitor.unlock();
        }
        events.onLaneChanged(this);
    }

    /** Captured writes may be missing from now on. What was taken before is a consistent prefix and still goes out. */
    public void captureLost(String why) {
        monitor.lock();
        try {
            if (closed) {
                return;
            }
            stopTakingWrites(why);
        } finally {
            monitor.unlock();
        }
        events.onLaneChanged(this);
    }

    private void stopTakingWrites(String why) {
        phase = Phase.IDLE;
        detail = why;
        syncGeneration++;
        log.discardUnconfirmed();
        intake.reset();
        monitor.signalAll();
    }

    /** Words for a state in which nothing moves: why, and what is done about it. */
    public void explain(String why) {
        monitor.lock();
        try {
            if (closed || why.equals(detail)) {
                return;
            }
            detail = why;
        } finally {
            monitor.unlock();
        }
        events.onLaneChanged(this);
    }

    void close() {
        monitor.lock();
        try {
            closed = true;
            stopTakingWrites("Protection has ended");
        } finally {
            monitor.unlock();
        }
    }

    boolean isClosed() {
        return closed;
    }

    // ---- for SyncPass and FrozenPass
    // ---------------------------------------------------------------------------------

    /** Blocks to read from the source. */
    record SyncRead(long generation, int volumeIndex, long offset, int lengthBytes) {}

    /** Takes the next dirty blocks to read, if the lane syncs and memory has room for them. */
    Optional<SyncRead> nextSyncRead(int maxBytes) {
        monitor.lock();
        try {
            int index = phase == Phase.SYNCING && log.isBelowHalf() ? intake.dirtyVolume() : -1;
            if (index < 0) {
                return Optional.empty();
            }
            DirtyBlocks.Run run = intake.volume(index).startRead(maxBytes);
            return Optional.of(new SyncRead(syncGeneration, index, run.offset(), run.lengthBytes()));
        } finally {
            monitor.unlock();
        }
    }

    /** Takes what was read, unless captured writes overtook the read: then its blocks are dirty again. */
    void syncRead(SyncRead read, ByteBuffer data) {
        monitor.lock();
        try {
            boolean stale = read.generation() != syncGeneration;
            if (!stale && !intake.volume(read.volumeIndex()).finishRead()) {
                intake.syncRead(read.volumeIndex(), read.offset(), data);
                monitor.signalAll();
            }
        } finally {
            monitor.unlock();
        }
    }

    /** The blocks could not be read; they are dirty again. */
    void syncReadFailed(SyncRead read, String why) {
        monitor.lock();
        try {
            if (read.generation() == syncGeneration) {
                intake.volume(read.volumeIndex()).failRead();
            }
        } finally {
            monitor.unlock();
        }
        explain(why);
    }

    void awaitSyncWork(long nanos) throws InterruptedException {
        monitor.await(Wait.SYNC, nanos);
    }

    // ---- for LaneLink ----------------------------------------------------------------------------------------------

    /** Runs a short piece of work on the order log; no I/O in it. */
    <T extends @Nullable Object> T withLog(Function<OrderLog, T> work) {
        monitor.lock();
        try {
            return work.apply(log);
        } finally {
            monitor.unlock();
        }
    }

    void awaitSendWork(long nanos) throws InterruptedException {
        monitor.await(Wait.SEND, nanos);
    }

    void wake() {
        monitor.lock();
        try {
            monitor.signalAll();
        } finally {
            monitor.unlock();
        }
    }

    /** The journal keeper answered: go on from its durable position, or start over when this lane no longer has what it lacks. */
    void connected(long durablePosition) {
        monitor.lock();
        try {
            boolean fresh = phase == Phase.IDLE && log.isEmpty();
            if (!fresh && log.canContinueFrom(durablePosition)) {
                log.rewindTo(durablePosition);
            } else {
                if (!fresh) {
                    stopTakingWrites("The recovery site goes on from another position than this site; comparing anew");
                }
                log.restartAt(durablePosition);
            }
            link = Link.UP;
            if (missesNothing() || isBetweenFreezes()) {
                detail = calmDetail();
            }
            monitor.signalAll();
        } finally {
            monitor.unlock();
        }
        events.onLaneChanged(this);
    }

    void disconnected(String why) {
        monitor.lock();
        try {
            link = Link.DOWN;
            detail = why;
            monitor.signalAll();
        } finally {
            monitor.unlock();
        }
        events.onLaneChanged(this);
    }

    void shipped(long bytes) {
        monitor.lock();
        try {
            shippedBytes += bytes;
        } finally {
            monitor.unlock();
        }
    }

    /** Everything before {@code position} is durable at the recovery site. */
    void acknowledged(long position) {
        monitor.lock();
        try {
            log.acknowledge(position);
            monitor.signal(Wait.ACKNOWLEDGEMENT);
            if (phase == Phase.SYNCING) {
                monitor.signal(Wait.SYNC);
            }
            if (log.isEmpty()) {
                monitor.signal(Wait.SEND);
            }
        } finally {
            monitor.unlock();
        }
    }

    void checkpointDurable(CheckpointId checkpoint) {
        monitor.lock();
        try {
            log.acknowledge(checkpoint);
            monitor.signal(Wait.SEND);
        } finally {
            monitor.unlock();
        }
        events.onCheckpointDurable(this, checkpoint);
    }

    void fenced(ProviderException refusal) {
        captureLost(refusal.happened() + ": " + refusal.why());
        events.onFenced(this, refusal);
    }

    // ---- how it stands ---------------------------------------------------------------------------------------------

    public Phase phase() {
        monitor.lock();
        try {
            return phase;
        } finally {
            monitor.unlock();
        }
    }

    /** Position after everything captured so far, and what of it is durable at the recovery site. */
    public Progress progress() {
        return withLog(orderLog -> new Progress(orderLog.nextPosition(), orderLog.acknowledgedPosition()));
    }

    /** Positions in the lane's order. */
    public record Progress(long capturedPosition, long durablePosition) {}

    /** Waits until more is durable at the recovery site, at most so long. */
    public void awaitAcknowledgement(long nanos) throws InterruptedException {
        monitor.await(Wait.ACKNOWLEDGEMENT, nanos);
    }

    public LaneStatus status() {
        monitor.lock();
        try {
            boolean syncing = phase == Phase.SYNCING && !isBetweenFreezes();
            return new LaneStatus(
                    isBetweenFreezes() ? Phase.STREAMING : phase,
                    link,
                    Optional.ofNullable(sync),
                    detail,
                    syncing ? intake.syncedBytes() : 0,
                    syncing ? intake.totalBytes() : 0,
                    log.memoryBytes() + (phase == Phase.SYNCING ? intake.dirtyBytes() : 0),
                    writes,
                    writtenBytes,
                    shippedBytes);
        } finally {
            monitor.unlock();
        }
    }
}
