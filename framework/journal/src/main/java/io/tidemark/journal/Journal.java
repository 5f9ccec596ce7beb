package io.tidemark.journal;

import io.tidemark.journal.JournalRefusedException.Reason;
import io.tidemark.journal.file.StoreFiles;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VolumeId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The ordered writes of one VM in one VPG, with checkpoints and base images; the façade of the engine.
 *
 * <p>A <em>position</em> is the number of records before a point of the order. Threads: {@link #append}, {@link #sync}, {@link #raiseEpoch},
 * {@link #addCheckpoint}, {@link #setPinning} and {@link #close} are for one owner at a time (a second one meets an {@link
 * IllegalStateException}); {@link #age} is for any one thread beside it; everything else is for any thread, meanwhile. No thread inside may be interrupted.
 *
 * <p>Changes throw {@link JournalRefusedException} when the journal is well and declines; after any failed write or fsync, each of them
 * throws {@link JournalFailedException} until the journal is opened again (J9).
 *
 * <p>Costs: opening a journal reads the last segment and the checkpoint log. Opening a view touches two pages of each of O(log segments) merged
 * indexes, and sorts the records of at most one segment; a lookup is a search in each of them, and one search where the region was read before.
 * The memory of views is bounded by {@link JournalConfig#viewCacheBytes} however many are open; indexes are mapped and the system's to keep.
 */
public final class Journal implements AutoCloseable {
    private final StoreFiles files;
    private final JournalLayout layout;
    private final JournalConfig config;
    private final StoreFiles.StoreLock lock;
    private final JournalRecovery.Parts parts;
    private final ChangeGate gate;
    private final Admission admission;
    private final CheckpointLog checkpoints;
    private final SegmentCatalog catalog;
    private final SegmentWriter writer;
    private final ConsistencyTimeline consistency;
    private final List<BaseImage> bases;
    private final Ageing ageing;
    private final JournalViews views;
    private final JournalSpace space;
    private final RunBuilder runs;
    private final BatchIntake intake;
    private final ManifestFile manifest;
    /** Held while it is decided which checkpoints and positions stay, or a new one comes. */
    private final ReentrantLock history = new ReentrantLock();

    private Journal(StoreFiles files, JournalLayout layout, JournalConfig config, StoreFiles.StoreLock lock)
            throws IOException {
        this.parts = new JournalRecovery(files, layout, config).run();
        this.files = files;
        this.layout = layout;
        this.config = config;
        this.lock = lock;
        this.gate = new ChangeGate(layout.folder());
        this.checkpoints = parts.checkpoints();
        this.catalog = parts.catalog();
        this.writer = parts.writer();
        this.consistency = parts.consistency();
        this.bases = parts.bases();
        this.manifest = new ManifestFile(files, layout.manifest(), parts.manifest());
        this.admission = new Admission(parts);
        this.ageing = new Ageing(files, config, parts, manifest, history);
        this.views = new JournalViews(parts);
        this.space = new JournalSpace(files, layout);
        this.runs = parts.runs();
        this.intake = new BatchIntake(admission, writer);
        runs.schedule();
    }

    /**
     * Makes a journal in a folder that is new or empty, durably, and opens it. Its contents are zeroes, and inconsistent until the first
     * {@code SYNC_END}.
     *
     * @throws JournalRefusedException if there is a journal, or something else, in the folder
     */
    public static Journal create(Path folder, JournalSpec spec, JournalConfig config, StoreFiles files)
            throws IOException {
        files.createFolder(folder);
        JournalLayout layout = new JournalLayout(folder);
        return JournalLock.holding(files, layout, lock -> {
            new JournalCreation(files, layout).create(spec, config);
            return new Journal(files, layout, config, lock);
        });
    }

    /**
     * Opens a journal, after a clean stop or a crash. What was durable is there; of what was not, a part from its beginning.
     *
     * @throws JournalCorruptException if something that was durable is missing or damaged; nothing is changed then
     */
    public static Journal open(Path folder, JournalConfig config, StoreFiles files) throws IOException {
        JournalLayout layout = new JournalLayout(folder);
        if (!exists(folder, files)) {
            throw new JournalRefusedException(Reason.NOT_THIS_JOURNAL, "there is no journal in " + folder);
        }
        return JournalLock.holding(files, layout, lock -> new Journal(files, layout, config, lock));
    }

    /** Whether a folder holds a journal whose creation was completed. */
    public static boolean exists(Path folder, StoreFiles files) throws IOException {
        return files.exists(new JournalLayout(folder).manifest());
    }

    /**
     * Deletes a journal and all that is in it. May be repeated after a crash.
     *
     * @throws JournalRefusedException if the folder does not hold this very journal (J8); nothing is deleted then
     */
    public static void destroy(Path folder, JournalId expected, StoreFiles files) throws IOException {
        JournalLayout layout = new JournalLayout(folder);
        if (!files.exists(layout.manifest()) && !files.exists(layout.deleting())) {
            throw new JournalRefusedException(
                    Reason.NOT_THIS_JOURNAL, "there is no journal in " + folder + "; nothing was deleted");
        }
        JournalLock.holding(files, layout, lock -> {
            new JournalCreation(files, layout).destroy(expected);
            lock.close();
            return expected;
        });
        if (files.list(folder).stream().allMatch(layout.lock()::equals)) {
            files.delete(layout.lock());
            files.delete(folder);
        }
    }

    public JournalSpec spec() {
        return manifest.current().spec();
    }

    /**
     * Takes a batch as it came from the sender: verifies every checksum and value in it, inflating its payload once, and writes it behind the
     * others. Not durable until {@link #sync}. A batch that the journal has already is skipped (J8). Owner.
     *
     * @param batch exactly one batch between position and limit; neither it nor its contents are changed or kept
     * @return the position after the last record of the journal
     * @throws JournalRefusedException if the batch is damaged, leaves a gap, overlaps in part, is of an older epoch, or names a range that no
     *     volume of this journal has
     */
    public long append(ByteBuffer batch) throws IOException {
        gate.begin();
        try {
            return intake.append(batch);
        } catch (IOException | RuntimeException | Error e) {
            throw gate.failed(e);
        } finally {
            gate.end();
        }
    }

    /**
     * Makes all that was appended durable. Owner.
     *
     * @return the durable position, which alone may be acknowledged (J10)
     */
    public long sync() throws IOException {
        return gate.change(() -> {
            writer.sync();
            return writer.durablePosition();
        });
    }

    /** Begins to make durable what was appended so far, and ends what was begun before; appends may go on meanwhile. Owner. */
    public void startSync() throws IOException {
        gate.change(() -> {
            writer.startSync();
            return layout;
        });
    }

    /** Waits for the {@link #startSync} that was begun last. @return the durable position, which alone may be acknowledged (J10). Owner. */
    public long finishSync() throws IOException {
        return gate.change(() -> {
            writer.finishSync();
            return writer.durablePosition();
        });
    }

    /** Position after the last record that was taken. */
    public long appendedPosition() {
        return writer.appendedPosition();
    }

    /** Position before which every record is on stable storage; moved by this store's own fsync only (J4). */
    public long durablePosition() {
        return writer.durablePosition();
    }

    /** The newest epoch seen; batches of older ones are refused (J7). */
    public long epoch() {
        return writer.epoch();
    }

    /** Fences off the senders of older epochs, durably; does nothing if the epoch has begun already. Owner. */
    public void raiseEpoch(long epoch) throws IOException {
        gate.change(() -> {
            if (epoch < writer.epoch()) {
                throw new JournalRefusedException(
                        Reason.OLD_EPOCH, "epoch " + epoch + " is over: epoch " + writer.epoch() + " has begun");
            }
            if (epoch > manifest.current().epoch()) {
                manifest.update(current -> current.withEpoch(epoch));
                writer.raiseEpoch(epoch);
            }
            return epoch;
        });
    }

    /** The state at the appended position. */
    public ConsistencyState consistency() {
        return consistentSince().isPresent() ? ConsistencyState.CONSISTENT : ConsistencyState.INCONSISTENT;
    }

    /** From which position on the contents are consistent; empty during a sync. */
    public OptionalLong consistentSince() {
        return consistency.latestSince();
    }

    /**
     * Adds a checkpoint, durable on return. The same one again does nothing (J8). Owner.
     *
     * @throws JournalRefusedException if it lies beyond the durable position (J5), inside a sync (J6), or if its id or its position does not
     *     grow
     */
    public void addCheckpoint(CheckpointRecord checkpoint) throws IOException {
        gate.change(() -> {
            history.lock();
            try {
                if (admission.isNew(checkpoint, manifest.current().viewFloorPosition())) {
                    checkpoints.add(checkpoint);
                }
                return checkpoint;
            } finally {
                history.unlock();
            }
        });
    }

    /** Pins or unpins a checkpoint, durable on return. Owner. */
    public void setPinning(CheckpointId id, Pinning pinning) throws IOException {
        gate.change(() -> {
            history.lock();
            try {
                CheckpointRecord known = views.find(id);
                if (known.pinning() != pinning) {
                    checkpoints.setPinning(id, pinning);
                }
                return known;
            } finally {
                history.unlock();
            }
        });
    }

    /** All checkpoints that can be chosen, oldest first: an immutable list, in O(1). */
    public List<CheckpointRecord> checkpoints() {
        return checkpoints.table().selectable();
    }

    /** The checkpoints that cannot be chosen, because a {@link #scrub} found that what they need is damaged. O(n). */
    public List<CheckpointRecord> damagedCheckpoints() {
        return checkpoints.table().damaged();
    }

    /** O(log checkpoints). */
    public Optional<CheckpointRecord> checkpoint(CheckpointId id) {
        return checkpoints.table().selectable().find(id);
    }

    public Optional<CheckpointRecord> newestCheckpoint() {
        return checkpoints.table().selectable().newest();
    }

    /**
     * Reads everything that is durable, and durably marks the checkpoints that need what is damaged, so that they cannot be chosen. One that finds
     * nothing wrong takes all such marks away: the damage was mended. Any thread, one at a time, beside all others.
     */
    public ScrubReport scrub() throws IOException {
        Scrub scrub = new Scrub(manifest.current(), parts);
        scrub.run(durablePosition());
        return gate.beside(scrub::mark);
    }

    /**
     * Opens a volume as it was at a checkpoint.
     *
     * @throws JournalRefusedException if there is no such checkpoint, or no longer
     * @throws IllegalArgumentException if there is no such volume
     */
    public VolumeView openView(VolumeId volume, CheckpointId checkpoint) throws IOException {
        return views.open(volume, checkpoint);
    }

    /**
     * Where a volume may differ between two checkpoints, in either order: blocks of 64 KiB that were written in between. Reads indexes alone.
     * Any thread.
     *
     * @return in order, joined; everything outside is equal at both
     * @throws JournalRefusedException if there is no such checkpoint, or no longer
     */
    public List<BlockExtent> changedBetween(VolumeId volume, CheckpointId one, CheckpointId other) throws IOException {
        return views.changedBetween(volume, one, other);
    }

    /** Opens a volume as it is at the durable position, consistent or not: what a delta sync compares with. */
    public VolumeView openLatest(VolumeId volume) throws IOException {
        return views.openLatest(volume);
    }

    /**
     * Opens a writable overlay on a view: what is written goes to a sparse file and the map beside it ({@code <file>.map}). Where both exist
     * they are used again, if they belong to the same volume at the same position of this journal. Closing the scratch closes neither the
     * view nor deletes the files: they are the caller's.
     */
    public Scratch openScratch(VolumeView view, Path file) throws IOException {
        return Scratch.open(files, view, file, manifest.current().incarnation(), spec().indexOf(view.volume()));
    }

    /**
     * Gives up history: drops the unpinned checkpoints from before a time and folds segments that no remaining checkpoint and no open view
     * needs into the base images. At most {@link JournalConfig#segmentsPerAgeing} segments per call. The newest checkpoint always stays. May be
     * cut off by a crash at any step; the next call resumes.
     *
     * <p>Any thread, one at a time, while the owner goes on: appends and syncs do not wait for it.
     *
     * @throws JournalClosedException if the owner closed the journal
     */
    public AgeingResult age(Instant keepCheckpointsSince) throws IOException {
        return gate.beside(() -> ageing.run(keepCheckpointsSince));
    }

    /**
     * The same by time and size: where the journal takes more than it may and history is what gives way, spare files go first, and then the
     * oldest unpinned checkpoints. The newest checkpoint always stays. Where history is to be thinned out, checkpoints between go too, and what
     * only they showed is given back, of at most {@link JournalConfig#segmentsPerAgeing} segments per call.
     */
    public AgeingResult age(HistoryLimits limits, Instant now) throws IOException {
        // Counting changes nothing: where it fails, the journal is as well as before.
        SpaceUse use = space.count();
        return gate.beside(() -> ageing.run(now, limits, use));
    }

    /** What the journal takes on disk, as {@code du} counts it. Looks at every file: O(segments). Any thread. */
    public SpaceUse space() throws IOException {
        return space.count();
    }

    /** Whether the wanted history will fit, and what to do about it. O(segments). Any thread. */
    public HistoryForecast forecast(HistoryLimits limits) throws IOException {
        return JournalSpace.forecast(space.count(), statistics(), limits);
    }

    public JournalStatistics statistics() {
        CheckpointTable table = checkpoints.table();
        long segmentBytes = writer.usedBytes() + (catalog.size() - 1) * config.segmentBytes();
        return new JournalStatistics(
                segmentBytes,
                bases.stream().mapToLong(BaseImage::usedBytes).sum(),
                checkpoints.lengthBytes(),
                catalog.size(),
                table.size(),
                manifest.current().floorPosition(),
                durablePosition(),
                appendedPosition(),
                table.oldest().map(CheckpointRecord::time),
                table.newest().map(CheckpointRecord::time),
                catalog.openViews(),
                parts.memory().weightBytes());
    }

    /** Whether changes are refused until the journal is opened again (J9). */
    public boolean hasFailed() {
        return gate.hasFailed();
    }

    /** Closes the files without a sync: what was not durable may be lost. Views must be closed before. Idempotent. Owner. */
    @Override
    public void close() throws IOException {
        gate.close(() -> {
            runs.close();
            writer.close(gate.hasFailed());
            for (Segment segment : catalog.all()) {
                segment.close();
            }
            for (BaseImage base : bases) {
                base.close();
            }
            checkpoints.close();
            lock.close();
            return layout;
        });
    }
}
