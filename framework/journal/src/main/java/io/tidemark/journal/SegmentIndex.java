package io.tidemark.journal;

import io.tidemark.journal.batch.BatchRecord;
import io.tidemark.journal.batch.BatchTables;
import io.tidemark.journal.batch.RecordType;
import java.util.ArrayList;
import java.util.List;

/**
 * What a segment, or the part of it before some position, changed: one table per volume, and the markers.
 *
 * @param endPosition the position up to which this tells
 */
record SegmentIndex(List<ExtentTable> tables, List<Marker> markers, long endPosition, long endEpoch) {
    /** A marker and its place in the order. */
    record Marker(long position, RecordType type) {}

    SegmentIndex {
        tables = List.copyOf(tables);
        markers = List.copyOf(markers);
    }

    /** Gathers the tables of batches in order; never needs payload. */
    static final class Builder {
        private final List<ExtentTable.Builder> tables = new ArrayList<>();
        private final List<Marker> markers = new ArrayList<>();
        private long endPosition;
        private long endEpoch;

        Builder(JournalSpec spec, SegmentHeader header) {
            for (int i = 0; i < spec.volumes().size(); i++) {
                tables.add(new ExtentTable.Builder());
            }
            this.endPosition = header.basePosition();
            this.endEpoch = header.epoch();
        }

        /** Adds the records of a batch that lie before a position. */
        void add(BatchTables batch, long batchOffset, long beforePosition) {
            for (int i = 0; i < batch.header().recordCount(); i++) {
                BatchRecord record = batch.record(i);
                if (record.position() >= beforePosition) {
                    return;
                }
                add(record, batchOffset, batch.rawStart(i));
                endPosition = record.position() + 1;
                endEpoch = batch.header().epoch();
            }
        }

        private void add(BatchRecord record, long batchOffset, int rawStart) {
            switch (record.type()) {
                case WRITE ->
                    tables.get(record.volumeIndex())
                            .putData(record.offset(), record.endOffset(), batchOffset, rawStart);
                case ZERO, TRIM -> tables.get(record.volumeIndex()).putZero(record.offset(), record.endOffset());
                case SYNC_BEGIN, SYNC_END -> markers.add(new Marker(record.position(), record.type()));
            }
        }

        SegmentIndex build() {
            return new SegmentIndex(
                    tables.stream().map(ExtentTable.Builder::build).toList(), markers, endPosition, endEpoch);
        }
    }
}
