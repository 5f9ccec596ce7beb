package io.tidemark.journal;

import io.tidemark.journal.batch.BatchFormat;
import io.tidemark.journal.batch.RecordType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Finds the frames of a sealed segment that no kept position shows a byte of. A byte of a record is dead if a later record before the next kept
 * position covers it: no view between the two will ever be opened, and each later view shows the later record instead. Used once by one thread; the
 * segment, and those up to the next kept position, must be held.
 */
final class SegmentLiveness {
    private final SegmentCatalog catalog;
    private final Segment segment;
    private final KeptPositions kept;
    private final ViewMemory memory;
    private final RecordLog.Snapshot records;
    private final TreeMap<Long, BatchFrames> batches = new TreeMap<>();

    SegmentLiveness(SegmentCatalog catalog, Segment segment, KeptPositions kept, ViewMemory memory) throws IOException {
        this.memory = memory;
        this.catalog = catalog;
        this.segment = segment;
        this.kept = kept;
        this.records = segment.records(segment.endPosition());
    }

    /**
     * All frames whose room can be given back, by the offset of their batch; among them those that are gone already.
     *
     * @throws DamagedIndexException if an index is damaged, which is to be reported
     */
    SortedMap<Long, BitSet> removable(AbsentFrames absent) throws IOException {
        readTables();
        long from = segment.basePosition();
        for (long position : kept.between(segment.basePosition(), segment.endPosition())) {
            for (ExtentTable newest : tables(from, position)) {
                needAll(newest.from(0));
            }
            from = position;
        }
        needUncovered(from);
        SortedMap<Long, BitSet> removable = new TreeMap<>();
        batches.forEach((offset, frames) -> {
            BitSet some = frames.removable(absent.of(offset));
            if (!some.isEmpty()) {
                removable.put(offset, some);
            }
        });
        return removable;
    }

    private void readTables() throws IOException {
        for (int i = 0; i < records.size(); i++) {
            if (records.typeCode(i) == RecordType.WRITE_CODE) {
                long offset = offsetOf(records.place(i));
                if (batches.isEmpty() || batches.lastKey() < offset) {
                    batches.put(offset, new BatchFrames(offset, segment.tablesAt(offset)));
                }
            }
        }
    }

    private static long offsetOf(long place) {
        return (place >>> 32) * BatchFormat.ALIGNMENT_BYTES;
    }

    /** What the records between two positions inside the segment made of each volume that they changed. */
    private List<ExtentTable> tables(long from, long end) {
        List<ExtentTable> tables = new ArrayList<>();
        BitSet volumes = volumes(from, end);
        for (int volume = volumes.nextSetBit(0); volume >= 0; volume = volumes.nextSetBit(volume + 1)) {
            tables.add(ExtentTable.of(records, index(from), index(end), volume));
        }
        return tables;
    }

    private BitSet volumes(long from, long end) {
        BitSet volumes = new BitSet();
        for (int i = index(from); i < index(end); i++) {
            if (records.typeCode(i) == RecordType.WRITE_CODE) {
                volumes.set(records.volume(i));
            }
        }
        return volumes;
    }

    private int index(long position) {
        return Math.toIntExact(position - segment.basePosition());
    }

    private void needAll(ExtentCursor extents) {
        while (extents.next()) {
            need(extents.place(), extents.end() - extents.start());
        }
    }

    private void need(long place, long lengthBytes) {
        if (!ExtentCursor.isZero(place)) {
            BatchFrames frames = batches.get(offsetOf(place));
            if (frames == null) {
                throw new IllegalStateException("no record of " + segment + " has place " + place);
            }
            frames.need((int) place, lengthBytes);
        }
    }

    /** Needs of the records from a position to the end of the segment what those up to the next kept position do not cover. */
    private void needUncovered(long from) throws IOException {
        long end = segment.endPosition();
        long next = kept.firstFrom(end);
        SegmentCatalog.Stretch newer = catalog.after(segment, next);
        BitSet volumes = volumes(from, end);
        for (int volume = volumes.nextSetBit(0); volume >= 0; volume = volumes.nextSetBit(volume + 1)) {
            List<ExtentLayer> layers = new ArrayList<>();
            for (Segment partial : newer.partial()) {
                layers.add(new PartialLayer(partial, next, volume, memory.partialTables()));
            }
            for (IndexedPart part : newer.whole().reversed()) {
                layers.add(part.layer(volume));
            }
            ExtentTable own = ExtentTable.of(records, index(from), index(end), volume);
            layers.add(own);
            needVisible(own, new LayerReader(layers, memory.payload()));
        }
    }

    private void needVisible(ExtentTable own, LayerReader all) throws IOException {
        ExtentCursor extents = own.from(0);
        try {
            while (extents.next()) {
                if (!ExtentCursor.isZero(extents.place())) {
                    for (LayerReader.Piece piece : all.resolve(extents.start(), extents.end())) {
                        if (piece instanceof LayerReader.Piece.Data data && data.segment() == segment.number()) {
                            need(data.place(), data.end() - data.start());
                        }
                    }
                }
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
