package io.tidemark.journal;

import io.tidemark.journal.JournalRefusedException.Reason;
import io.tidemark.journal.batch.Batch;
import io.tidemark.journal.batch.BatchFormat;
import io.tidemark.journal.batch.BatchHeader;
import io.tidemark.journal.batch.BatchRecord;
import io.tidemark.journal.batch.BatchTables;
import io.tidemark.journal.batch.CorruptBatchException;
import io.tidemark.journal.file.StoreFile;
import io.tidemark.journal.file.StoreFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.TreeMap;

/**
 * Explains a journal that nobody has open to a person, and changes nothing in it, however damaged it is. Holds the journal's lock until it is
 * closed. Used by one thread.
 */
public final class JournalInspection implements AutoCloseable {
    private final StoreFiles files;
    private final JournalLayout layout;
    private final StoreFiles.StoreLock lock;
    private final Manifest manifest;
    private final List<Segment> segments;

    private JournalInspection(StoreFiles files, JournalLayout layout, StoreFiles.StoreLock lock) throws IOException {
        this.files = files;
        this.layout = layout;
        this.lock = lock;
        this.manifest = Manifest.read(files, layout.manifest());
        this.segments = findSegments();
    }

    /** @throws JournalRefusedException if there is no journal in the folder, or it is open */
    public static JournalInspection open(Path folder, StoreFiles files) throws IOException {
        JournalLayout layout = new JournalLayout(folder);
        if (!files.exists(layout.manifest())) {
            throw new JournalRefusedException(Reason.NOT_THIS_JOURNAL, "there is no journal in " + folder);
        }
        StoreFiles.StoreLock lock;
        try {
            lock = files.lock(layout.lock());
        } catch (StoreFiles.LockedException e) {
            throw new JournalRefusedException(
                    Reason.IN_USE, "journal " + folder + " is open. Stop its appliance first", e);
        }
        try {
            return new JournalInspection(files, layout, lock);
        } catch (IOException | RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    private List<Segment> findSegments() throws IOException {
        SegmentFiles segmentFiles = new SegmentFiles(files);
        TreeMap<Long, Segment> found = new TreeMap<>();
        for (Path path : files.list(layout.folder())) {
            JournalLayout.SegmentName name = JournalLayout.segmentName(path).orElse(null);
            if (name != null) {
                long base =
                        name.basePosition().isPresent() ? name.basePosition().getAsLong() : basePositionInside(path);
                found.put(
                        name.number(),
                        new Segment(segmentFiles, path, name.number(), base, manifest.spec(), manifest.incarnation()));
            }
        }
        List<Segment> ordered = new ArrayList<>(found.values());
        for (int i = 0; i + 1 < ordered.size(); i++) {
            ordered.get(i).endsAt(ordered.get(i + 1).basePosition());
        }
        return ordered;
    }

    private long basePositionInside(Path path) throws IOException {
        try (StoreFile file = files.open(path)) {
            return SegmentHeader.read(file, manifest.incarnation()).basePosition();
        }
    }

    /** What the journal is, what it holds, and what it takes on disk. */
    public void inspect(PrintWriter out) throws IOException {
        out.printf("journal      %s%n", layout.folder());
        out.printf("VPG, VM      %s%n", manifest.spec().id());
        out.printf("incarnation  %s%n", manifest.incarnation());
        for (JournalVolume volume : manifest.spec().volumes()) {
            out.printf("volume       %s, %,d bytes%n", volume.id(), volume.sizeBytes());
        }
        out.printf("floor        position %d, views from %d%n", manifest.floorPosition(), manifest.viewFloorPosition());
        long total = 0;
        for (Path path : files.list(layout.folder()).stream().sorted().toList()) {
            if (JournalLayout.isOurs(path)) {
                try (StoreFile file = files.open(path)) {
                    out.printf(
                            "file         %-58s %,16d bytes, %,14d on disk%n",
                            path.getFileName(), file.lengthBytes(), file.allocatedBytes());
                    total += file.allocatedBytes();
                }
            }
        }
        out.printf("on disk      %,d bytes%n", total);
        for (Segment segment : segments) {
            boolean last = segment.equals(segments.getLast());
            out.printf(
                    "segment      %d from position %d%s%n",
                    segment.number(), segment.basePosition(), last ? ", open" : " to " + segment.endPosition());
        }
        CheckpointTable table = CheckpointLog.read(files, layout.checkpointLog(), manifest.incarnation());
        out.printf(
                "checkpoints  %d, of them %d damaged%n",
                table.size(), table.damaged().size());
        table.oldest().ifPresent(oldest -> out.printf("oldest       %s%n", oldest));
        table.newest().ifPresent(newest -> out.printf("newest       %s%n", newest));
        out.flush();
    }

    /**
     * Reads all segments and says what is wrong with them.
     *
     * @return how many damages lose something
     */
    public int verify(PrintWriter out) throws IOException {
        int lost = 0;
        CheckpointTable table = CheckpointLog.read(files, layout.checkpointLog(), manifest.incarnation());
        long position = manifest.floorPosition();
        for (Segment segment : segments) {
            boolean last = segment.equals(segments.getLast());
            if (segment.basePosition() > position) {
                out.printf("missing      records from position %d to %d%n", position, segment.basePosition());
                lost++;
            }
            if (last) {
                position = walk(segment, out, false);
                continue;
            }
            position = segment.endPosition();
            for (JournalDamage damage : new SegmentCheck(segment, manifest.spec()).run(position, true)) {
                out.printf(
                        "%s %s at offset %d, positions %d to %d: %s%n",
                        damage.isHarmless() ? "harmless    " : "damage      ",
                        damage.file(),
                        damage.offset(),
                        damage.firstPosition(),
                        damage.endPosition(),
                        damage.what());
                lost += damage.isHarmless() ? 0 : 1;
            }
        }
        long newest = table.newest().map(CheckpointRecord::position).orElse(0L);
        if (newest > position) {
            out.printf(
                    "missing      the newest checkpoint lies at position %d, the records end at %d%n",
                    newest, position);
            lost++;
        }
        out.printf("verified     up to position %d: %s%n", position, lost == 0 ? "nothing is lost" : lost + " damages");
        out.flush();
        return lost;
    }

    /** Every batch and every record. */
    public void dump(PrintWriter out) throws IOException {
        for (Segment segment : segments) {
            out.printf(
                    "segment      %d from position %d: %s%n", segment.number(), segment.basePosition(), segment.path());
            walk(segment, out, true);
        }
        for (CheckpointRecord checkpoint : CheckpointLog.read(files, layout.checkpointLog(), manifest.incarnation())) {
            out.printf("checkpoint   %s%n", checkpoint);
        }
        out.flush();
    }

    /** Walks along the batches of a segment. @return the position where they end */
    private long walk(Segment segment, PrintWriter out, boolean print) throws IOException {
        SegmentHeader header = segment.header();
        long lengthBytes = segment.withFile(StoreFile::lengthBytes);
        long offset = SegmentHeader.BYTES;
        long position = header.basePosition();
        while (offset + BatchFormat.ALIGNMENT_BYTES <= lengthBytes) {
            ByteBuffer head = segment.readAt(offset, BatchFormat.HEADER_BYTES);
            BatchStamp stamp = BatchStamp.read(head, header.incarnation(), header.generation(), offset)
                    .orElse(null);
            if (stamp == null) {
                return position;
            }
            try {
                BatchHeader batch = BatchTables.parseHeader(head);
                if (batch.firstPosition() != position || offset + batch.lengthBytes() > lengthBytes) {
                    return position;
                }
                BitSet absent = segment.absent().of(offset);
                Batch whole = Batch.parse(segment.readAt(offset, batch.lengthBytes()), absent);
                whole.verifyPayload();
                if (print) {
                    print(whole, offset, stamp, out);
                    absent.stream().forEach(frame -> out.printf("thinned      frame %d%n", frame));
                }
                offset += batch.lengthBytes();
                position = batch.endPosition();
            } catch (CorruptBatchException e) {
                out.printf("torn         %s at offset %d: %s%n", segment.path(), offset, e.getMessage());
                return position;
            }
        }
        return position;
    }

    private static void print(Batch batch, long offset, BatchStamp stamp, PrintWriter out) {
        BatchHeader header = batch.header();
        out.printf(
                "batch        offset %d, positions %d to %d, epoch %d, %d bytes for %d of payload, durable before it: %d%n",
                offset,
                header.firstPosition(),
                header.endPosition(),
                header.epoch(),
                header.lengthBytes(),
                header.rawBytes(),
                stamp.durablePosition());
        for (BatchRecord record : batch.records()) {
            out.printf(
                    "record       %d %s volume %d, offset %d, %d bytes%n",
                    record.position(), record.type(), record.volumeIndex(), record.offset(), record.lengthBytes());
        }
    }

    @Override
    public void close() throws IOException {
        for (Segment segment : segments) {
            segment.close();
        }
        lock.close();
    }
}
