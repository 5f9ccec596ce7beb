package io.tidemark.journal;

import io.tidemark.journal.batch.BatchFormat;
import io.tidemark.journal.batch.BatchFrame;
import io.tidemark.journal.batch.BatchHeader;
import io.tidemark.journal.batch.BatchRecord;
import io.tidemark.journal.batch.BatchTables;
import io.tidemark.journal.batch.CorruptBatchException;
import io.tidemark.journal.batch.FrameBuffers;
import io.tidemark.journal.batch.RecordType;
import io.tidemark.journal.file.StoreFile;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.SoftReference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One segment of the journal: reads its batches and tells what it changed. Any thread.
 *
 * <p>A sealed one costs nothing until it is used: its file is opened, its header verified and its index mapped when they are first needed. What
 * is damaged in its footer is made again from the batch tables.
 */
final class Segment implements IndexedPart, MappedIndex.Owner {
    private static final Logger LOG = LoggerFactory.getLogger(Segment.class);

    private final SegmentFiles files;
    private final Path path;
    private final long number;
    private final long basePosition;
    private final JournalSpec spec;
    private final UUID incarnation;

    // Guarded by this.
    private @Nullable StoreFile file;
    private int users;

    private volatile @Nullable SegmentHeader header;
    /** Known as soon as there is a successor. */
    private volatile long endPosition = -1;
    /** While it takes appends. */
    private volatile @Nullable RecordLog active;

    private volatile boolean footerDamaged;
    private volatile SoftReference<MappedIndex> index = new SoftReference<>(null);
    private volatile SoftReference<RecordLog> rebuilt = new SoftReference<>(null);

    private volatile SoftReference<AbsentFrames> absent = new SoftReference<>(null);

    Segment(SegmentFiles files, Path path, long number, long basePosition, JournalSpec spec, UUID incarnation) {
        this.files = files;
        this.path = path;
        this.number = number;
        this.basePosition = basePosition;
        this.spec = spec;
        this.incarnation = incarnation;
    }

    Path path() {
        return path;
    }

    long number() {
        return number;
    }

    long basePosition() {
        return basePosition;
    }

    /** What is done with the open file. */
    interface FileTask<T> {
        T run(StoreFile open) throws IOException;
    }

    /** Runs a task with the file open. */
    <T> T withFile(FileTask<T> task) throws IOException {
        StoreFile open = acquire();
        try {
            return task.run(open);
        } finally {
            release();
        }
    }

    /** Says that much of it will be read soon. */
    void willRead() throws IOException {
        withFile(open -> {
            open.willRead(0, open.lengthBytes());
            return this;
        });
    }

    private StoreFile acquire() throws IOException {
        StoreFile open;
        synchronized (this) {
            open = file;
            if (open == null) {
                open = files.files().open(path);
                file = open;
            }
            users++;
        }
        files.used(this);
        return open;
    }

    private synchronized void release() {
        users--;
    }

    synchronized void closeIfIdle() throws IOException {
        StoreFile open = file;
        if (users == 0 && open != null && active == null) {
            file = null;
            open.close();
        }
    }

    /** Closes the file; it must not be used again. */
    synchronized void close() throws IOException {
        files.forget(this);
        StoreFile open = file;
        file = null;
        if (open != null) {
            open.close();
        }
    }

    /** From here on this takes appends, through a file that stays open. */
    synchronized void activate(StoreFile open, SegmentHeader verified, RecordLog log) {
        file = open;
        header = verified;
        active = log;
    }

    /** All its batches are durable, and so is its footer; there is a successor. */
    void sealed(long end) {
        endPosition = end;
        active = null;
        files.used(this);
    }

    /** For a segment that was found with a successor. */
    void endsAt(long end) {
        endPosition = end;
    }

    /** Position after the last record; only of one that has a successor. */
    long endPosition() {
        if (endPosition < 0) {
            throw new IllegalStateException(this + " is not sealed");
        }
        return endPosition;
    }

    SegmentHeader header() throws IOException {
        SegmentHeader known = header;
        if (known == null) {
            known = withFile(open -> SegmentHeader.read(open, incarnation));
            if (known.number() != number || known.basePosition() != basePosition) {
                throw new JournalCorruptException("segment " + path + " holds segment number " + known.number()
                        + " from position " + known.basePosition()
                        + ": files were renamed. Give them their names back");
            }
            header = known;
        }
        return known;
    }

    @Override
    public ExtentLayer layer(int volume) throws IOException {
        MappedIndex mapped = mappedIndex();
        return mapped != null ? mapped.layer(volume) : ExtentTable.of(records(endPosition()), volume);
    }

    private @Nullable MappedIndex mappedIndex() throws IOException {
        MappedIndex known = index.get();
        if (known != null || footerDamaged) {
            return footerDamaged ? null : known;
        }
        SegmentHeader head = header();
        SegmentFooter footer = footer();
        if (footer == null) {
            return null;
        }
        int bytes = footer.indexPages() * IndexPages.PAGE_BYTES;
        MemorySegment pages = withFile(open -> open.map(footer.indexOffset(), bytes, Arena.ofAuto()));
        try {
            known = new MappedIndex(
                    pages,
                    SegmentFooter.identity(head, endPosition()),
                    spec.volumes().size(),
                    path.toString(),
                    this);
            index = new SoftReference<>(known);
            return known;
        } catch (DamagedIndexException e) {
            indexDamaged(e);
            return null;
        }
    }

    private @Nullable SegmentFooter footer() throws IOException {
        SegmentHeader head = header();
        long end = endPosition();
        return withFile(open -> SegmentFooter.read(open, head, end)).orElse(null);
    }

    @Override
    public void distrustIfUnreadable(InternalError cause) {
        try {
            SegmentFooter footer = footerDamaged ? null : footer();
            if (footer != null) {
                withFile(open -> {
                    IndexPages.readThrough(
                            open, footer.indexOffset(), (long) footer.indexPages() * IndexPages.PAGE_BYTES);
                    return footer;
                });
            }
        } catch (IOException e) {
            e.addSuppressed(cause);
            indexDamaged(new DamagedIndexException(this, path + ": its index cannot be read", e));
        }
    }

    /** The index is not to be used again: the record log, or the batches, say the same. */
    @Override
    public void indexDamaged(DamagedIndexException cause) {
        LOG.atWarn()
                .addKeyValue("segment", path)
                .setCause(cause)
                .log("the index of a sealed segment is damaged; its record log is used instead");
        footerDamaged = true;
    }

    /** Which frames of it are gone; {@link AbsentFrames#DAMAGED} if the file that says so is damaged. */
    AbsentFrames absent() throws IOException {
        AbsentFrames known = absent.get();
        if (known == null) {
            Path file = JournalLayout.thinned(path, number);
            known = files.files().exists(file) ? AbsentFrames.read(files.files(), file, header()) : AbsentFrames.NONE;
            absent = new SoftReference<>(known);
        }
        return known;
    }

    /** Durably says which frames are gone, before they go. */
    void setAbsent(AbsentFrames frames) throws IOException {
        WholeFile.replace(files.files(), JournalLayout.thinned(path, number), frames.encode(header()));
        absent = new SoftReference<>(frames);
    }

    /** Lets go of the mapping of its index; a run tells the same. */
    void forgetIndex() {
        index = new SoftReference<>(null);
    }

    /** The records before a position, which must have been published to this thread. */
    RecordLog.Snapshot records(long position) throws IOException {
        RecordLog log = active;
        if (log == null) {
            log = rebuilt.get();
        }
        if (log != null) {
            return log.before(position);
        }
        SegmentFooter footer = footer();
        if (footer != null) {
            int count = Math.toIntExact(position - basePosition);
            RecordLog read = withFile(open -> RecordPages.read(open, footer.batchesEnd(), number, basePosition, count))
                    .orElse(null);
            if (read != null) {
                return read.before(position);
            }
        }
        LOG.atInfo().addKeyValue("segment", path).log("the record log of a segment is read from its batches");
        log = fromBatches(endPosition());
        rebuilt = new SoftReference<>(log);
        return log.before(position);
    }

    /** What is wrong with the footer of this sealed segment; empty if nothing is, or if it has none that is used. */
    Optional<String> footerDamage() throws IOException {
        if (header().version() < SegmentFooter.VERSION) {
            return Optional.empty();
        }
        SegmentFooter footer = footer();
        if (footer == null) {
            return Optional.of("the trailer is damaged");
        }
        int count = Math.toIntExact(endPosition() - basePosition);
        boolean intact = withFile(open -> RecordPages.read(open, footer.batchesEnd(), number, basePosition, count))
                .isPresent();
        return intact ? Optional.empty() : Optional.of("the record log is damaged");
    }

    /** Since when the contents at a position inside this segment are consistent; see {@link ConsistencyTimeline}. */
    long consistentSinceAt(long position) throws IOException {
        long since = header().consistentSince();
        RecordLog.Snapshot records = records(position);
        for (int i = 0; i < records.size(); i++) {
            if (records.typeCode(i) == RecordType.SYNC_BEGIN_CODE) {
                since = ConsistencyTimeline.after(records.position(i), RecordType.SYNC_BEGIN, since);
            } else if (records.typeCode(i) == RecordType.SYNC_END_CODE) {
                since = ConsistencyTimeline.after(records.position(i), RecordType.SYNC_END, since);
            }
        }
        return since;
    }

    private RecordLog fromBatches(long position) throws IOException {
        RecordLog log = new RecordLog(number, basePosition);
        long offset = SegmentHeader.BYTES;
        long next = basePosition;
        while (next < position) {
            BatchTables batch = tablesAt(offset);
            if (batch.header().firstPosition() != next) {
                throw corrupt(
                        offset,
                        "a batch at position " + next + " is expected there, and one at "
                                + batch.header().firstPosition() + " found");
            }
            log.add(batch, offset, position);
            next = batch.header().endPosition();
            offset += batch.header().lengthBytes();
        }
        return log;
    }

    /** Reads and verifies the header and tables of the batch at an offset. */
    BatchTables tablesAt(long offset) throws IOException {
        SegmentHeader head = header();
        try {
            ByteBuffer first = readAt(offset, BatchFormat.ALIGNMENT_BYTES);
            if (BatchStamp.read(first, head.incarnation(), head.generation(), offset)
                    .isEmpty()) {
                throw new CorruptBatchException("the batch does not carry this journal's stamp for this place");
            }
            BatchHeader batch = BatchTables.parseHeader(first);
            BatchTables tables = batch.tablesEndBytes() <= first.limit()
                    ? BatchTables.parse(first)
                    : BatchTables.parse(readAt(offset, batch.tablesEndBytes()));
            for (int i = 0; i < batch.recordCount(); i++) {
                if (!fits(tables.record(i), spec)) {
                    throw new CorruptBatchException("this journal has no place for " + tables.record(i));
                }
            }
            return tables;
        } catch (CorruptBatchException e) {
            throw corrupt(offset, e.getMessage() == null ? "" : e.getMessage(), e);
        }
    }

    /** Whether a record lies inside the volumes of a journal. */
    static boolean fits(BatchRecord record, JournalSpec spec) {
        return record.type().isMarker()
                || (record.volumeIndex() < spec.volumes().size()
                        && record.endOffset()
                                <= spec.volumes().get(record.volumeIndex()).sizeBytes());
    }

    /** Reads and inflates one frame of a batch. @return its payload, in {@code buffers} */
    ByteBuffer frameAt(long batchOffset, BatchFrame frame, FrameBuffers buffers) throws IOException {
        try {
            readAt(batchOffset + frame.storedOffset(), buffers.room(frame));
            return buffers.inflate(frame);
        } catch (CorruptBatchException e) {
            throw corrupt(batchOffset, e.getMessage() == null ? "" : e.getMessage(), e);
        }
    }

    ByteBuffer readAt(long offset, int lengthBytes) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(lengthBytes).order(ByteOrder.LITTLE_ENDIAN);
        readAt(offset, bytes);
        return bytes.flip();
    }

    /** Fills a buffer. */
    private void readAt(long offset, ByteBuffer into) throws IOException {
        withFile(open -> {
            try {
                if (offset >= 0) {
                    open.read(offset, into);
                    return this;
                }
            } catch (EOFException e) {
                throw corrupt(offset, "the file ends before", e);
            }
            throw corrupt(offset, "no file has such a place");
        });
    }

    JournalCorruptException corrupt(long offset, String what) {
        return corrupt(offset, what, null);
    }

    private JournalCorruptException corrupt(long offset, String what, @Nullable Throwable cause) {
        return new JournalCorruptException(
                "segment " + path + " is damaged at offset " + offset + ": " + what
                        + ". Nothing was changed. Restore the file from another copy; if there is none, choose a"
                        + " checkpoint before this place, or protect the VM anew",
                cause);
    }

    @Override
    public String toString() {
        return "segment " + number + " from position " + basePosition;
    }
}
