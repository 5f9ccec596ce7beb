package io.tidemark.journal;

import io.tidemark.journal.batch.BatchFormat;
import io.tidemark.journal.batch.BatchHeader;
import io.tidemark.journal.batch.BatchRecord;
import io.tidemark.journal.batch.BatchTables;
import io.tidemark.journal.batch.CorruptBatchException;
import io.tidemark.journal.file.StoreFile;
import java.io.IOException;
import java.lang.ref.SoftReference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * One segment file that is open: reads batches and builds indexes. Any thread.
 *
 * <p>The index of a sealed segment is read from its footer when it is first needed, and given up when memory is short. The index of a part
 * of a segment is built from its batch tables each time: at most one segment per opened view, and never a byte of payload.
 */
final class Segment {
    private final StoreFile file;
    private final SegmentHeader header;
    private final JournalSpec spec;
    private volatile @Nullable SegmentFooter footer;
    private volatile SoftReference<SegmentIndex> index = new SoftReference<>(null);

    Segment(StoreFile file, SegmentHeader header, JournalSpec spec, @Nullable SegmentFooter footer) {
        this.file = file;
        this.header = header;
        this.spec = spec;
        this.footer = footer;
    }

    StoreFile file() {
        return file;
    }

    SegmentHeader header() {
        return header;
    }

    /** The footer; null while the segment takes appends. */
    @Nullable SegmentFooter footer() {
        return footer;
    }

    void sealed(SegmentFooter sealed) {
        footer = sealed;
    }

    /** Everything that this sealed segment changed. */
    SegmentIndex index() throws IOException {
        SegmentFooter sealed = footer;
        if (sealed == null) {
            throw new IllegalStateException(file + " is not sealed");
        }
        SegmentIndex known = index.get();
        if (known == null) {
            known = sealed.indexBytes() == 0
                    ? null
                    : sealed.readIndex(file, spec).orElse(null);
            if (known == null) {
                // The index only repeats what the batch tables say.
                known = indexBefore(sealed.endPosition());
            }
            index = new SoftReference<>(known);
        }
        return known;
    }

    /** What the records before a position changed; the records up to there must have been written. */
    SegmentIndex indexBefore(long position) throws IOException {
        SegmentIndex.Builder builder = new SegmentIndex.Builder(spec, header);
        long offset = SegmentHeader.BYTES;
        long next = header.basePosition();
        while (next < position) {
            BatchTables batch = tablesAt(offset);
            if (batch.header().firstPosition() != next) {
                throw corrupt(
                        offset,
                        "a batch at position " + next + " is expected there, and one at "
                                + batch.header().firstPosition() + " found");
            }
            builder.add(batch, offset, position);
            next = batch.header().endPosition();
            offset += batch.header().lengthBytes();
        }
        return builder.build();
    }

    /** Reads and verifies the header and tables of the batch at an offset. */
    BatchTables tablesAt(long offset) throws IOException {
        try {
            ByteBuffer head = readAt(offset, BatchFormat.ALIGNMENT_BYTES);
            if (BatchStamp.read(head, header.incarnation(), header.generation(), offset)
                    .isEmpty()) {
                throw new CorruptBatchException("the batch does not carry this journal's stamp for this place");
            }
            BatchHeader batch = BatchTables.parseHeader(head);
            BatchTables tables = batch.tablesEndBytes() <= head.limit()
                    ? BatchTables.parse(head)
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

    /** Reads and inflates one frame of a batch. */
    byte[] frameAt(long batchOffset, BatchTables batch, int frameIndex) throws IOException {
        try {
            int storedBytes = batch.frame(frameIndex).storedBytes();
            long at = batchOffset + batch.frame(frameIndex).storedOffset();
            return batch.frame(frameIndex).inflate(readAt(at, storedBytes));
        } catch (CorruptBatchException e) {
            throw corrupt(batchOffset, e.getMessage() == null ? "" : e.getMessage(), e);
        }
    }

    ByteBuffer readAt(long offset, int lengthBytes) throws IOException {
        if (offset + lengthBytes > file.lengthBytes()) {
            throw corrupt(offset, "the file ends before");
        }
        ByteBuffer bytes = ByteBuffer.allocate(lengthBytes).order(ByteOrder.LITTLE_ENDIAN);
        file.read(offset, bytes);
        return bytes.flip();
    }

    JournalCorruptException corrupt(long offset, String what) {
        return corrupt(offset, what, null);
    }

    private JournalCorruptException corrupt(long offset, String what, @Nullable Throwable cause) {
        return new JournalCorruptException(
                "segment " + file.path() + " is damaged at offset " + offset + ": " + what
                        + ". Nothing was changed. Restore the file from another copy; if there is none, choose a"
                        + " checkpoint before this place, or protect the VM anew",
                cause);
    }

    @Override
    public String toString() {
        return "segment " + header.number() + " from position " + header.basePosition();
    }
}
