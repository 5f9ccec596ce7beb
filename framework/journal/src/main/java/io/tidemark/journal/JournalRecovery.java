package io.tidemark.journal;

import io.tidemark.journal.file.StoreFile;
import io.tidemark.journal.file.StoreFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens a journal's files after a clean stop or a crash, in this order: manifest, checkpoint log, segments, tail, base images. Reads two
 * blocks of each sealed segment and all of the last one.
 */
final class JournalRecovery {
    private static final Logger LOG = LoggerFactory.getLogger(JournalRecovery.class);

    private final StoreFiles files;
    private final JournalLayout layout;
    private final JournalConfig config;
    private final List<AutoCloseable> opened = new ArrayList<>();

    JournalRecovery(StoreFiles files, JournalLayout layout, JournalConfig config) {
        this.files = files;
        this.layout = layout;
        this.config = config;
    }

    /** All open parts of a journal. */
    record Parts(
            Manifest manifest,
            CheckpointLog checkpoints,
            SegmentCatalog catalog,
            SegmentWriter writer,
            ConsistencyTimeline consistency,
            List<BaseImage> bases) {}

    Parts run() throws IOException {
        try {
            return recover();
        } catch (IOException | RuntimeException e) {
            for (AutoCloseable part : opened) {
                try {
                    part.close();
                } catch (Exception suppressed) {
                    e.addSuppressed(suppressed);
                }
            }
            throw e;
        }
    }

    private Parts recover() throws IOException {
        Manifest manifest = Manifest.read(files, layout.manifest());
        deleteTemporaryFiles();
        // A rename whose folder was never fsynced may still be undone by a crash.
        files.syncFolder(layout.folder());
        CheckpointLog checkpoints = CheckpointLog.open(files, layout.checkpointLog(), manifest.incarnation());
        opened.add(checkpoints::close);
        long newestCheckpoint =
                checkpoints.table().newest().map(CheckpointRecord::position).orElse(0L);
        List<Segment> segments = openSegments(manifest);
        Segment last = segments.getLast();
        SegmentTail tail = SegmentTail.recover(
                last, manifest.spec(), Math.max(newestCheckpoint, manifest.viewFloorPosition()), config.segmentBytes());
        ConsistencyTimeline consistency = timeline(segments, tail);
        List<BaseImage> bases = new ArrayList<>();
        for (int i = 0; i < manifest.spec().volumes().size(); i++) {
            BaseImage base = BaseImage.open(files, layout, manifest, i);
            opened.add(base::close);
            bases.add(base);
        }
        SegmentCatalog catalog = new SegmentCatalog(segments, manifest.viewFloorPosition());
        SegmentWriter writer = new SegmentWriter(files, layout, manifest, config, catalog, consistency, tail);
        return new Parts(manifest, checkpoints, catalog, writer, consistency, List.copyOf(bases));
    }

    private void deleteTemporaryFiles() throws IOException {
        for (Path file : files.list(layout.folder())) {
            if (JournalLayout.isTemporary(file)) {
                files.delete(file);
            }
        }
    }

    private List<Segment> openSegments(Manifest manifest) throws IOException {
        TreeMap<Long, Path> paths = new TreeMap<>();
        for (Path file : files.list(layout.folder())) {
            JournalLayout.segmentNumber(file).ifPresent(number -> paths.put(number, file));
        }
        if (paths.isEmpty()) {
            throw new JournalCorruptException("journal " + layout.folder()
                    + " has a manifest and no segment: its files were removed. Restore them from another copy, or"
                    + " destroy the journal and protect the VM anew");
        }
        List<Segment> segments = new ArrayList<>();
        for (Map.Entry<Long, Path> entry : paths.entrySet()) {
            segments.add(openSegment(entry.getKey(), entry.getValue(), manifest));
        }
        for (int i = 0; i + 1 < segments.size(); i++) {
            seal(segments.get(i), segments.get(i + 1));
        }
        deleteFolded(segments, manifest);
        verifyContinuity(segments, manifest);
        return segments;
    }

    private Segment openSegment(long number, Path path, Manifest manifest) throws IOException {
        StoreFile file = files.open(path);
        opened.add(file);
        SegmentHeader header = SegmentHeader.read(file, manifest.incarnation());
        if (header.number() != number) {
            throw new JournalCorruptException("segment " + path + " holds segment number " + header.number()
                    + ": files were renamed. Give them their names back");
        }
        return new Segment(file, header, manifest.spec(), null);
    }

    /** A segment that has a successor was sealed, durably; where its trailer is damaged the batches tell the same. */
    private void seal(Segment segment, Segment successor) throws IOException {
        SegmentFooter footer =
                SegmentFooter.read(segment.file(), segment.header()).orElse(null);
        if (footer == null) {
            long end = successor.header().basePosition();
            SegmentIndex index = segment.indexBefore(end);
            LOG.atWarn()
                    .addKeyValue("segment", segment.file().path())
                    .log("the trailer of a sealed segment is damaged; its index was built again from its batches");
            footer = new SegmentFooter(
                    segment.header(),
                    0,
                    end,
                    index.endEpoch(),
                    0,
                    index.markers().size());
        }
        segment.sealed(footer);
    }

    /** Ends an ageing that a crash cut off: the manifest proves that the base images hold what is in these segments (J3, J8). */
    private void deleteFolded(List<Segment> segments, Manifest manifest) throws IOException {
        List<Segment> folded = segments.stream()
                .filter(segment -> segment.footer() != null)
                .filter(segment -> endOf(segment) <= manifest.floorPosition())
                .toList();
        for (Segment segment : folded) {
            segment.file().close();
            files.delete(segment.file().path());
        }
        segments.removeAll(folded);
    }

    private static long endOf(Segment segment) {
        SegmentFooter footer = segment.footer();
        return footer == null ? Long.MAX_VALUE : footer.endPosition();
    }

    private void verifyContinuity(List<Segment> segments, Manifest manifest) throws JournalCorruptException {
        long expected = manifest.floorPosition();
        for (Segment segment : segments) {
            if (segment.header().basePosition() != expected) {
                throw new JournalCorruptException("journal " + layout.folder() + " lacks the records from position "
                        + expected + " on: the next file, " + segment.file().path() + ", starts at position "
                        + segment.header().basePosition() + ". Put the missing segment back in its place");
            }
            expected = endOf(segment);
        }
    }

    private static ConsistencyTimeline timeline(List<Segment> segments, SegmentTail tail) throws IOException {
        SegmentHeader first = segments.getFirst().header();
        ConsistencyTimeline timeline = new ConsistencyTimeline(first.basePosition(), first.consistentSince());
        for (Segment segment : segments) {
            SegmentFooter footer = segment.footer();
            if (footer != null && footer.markerCount() > 0) {
                segment.index().markers().forEach(marker -> timeline.add(marker.position(), marker.type()));
            }
        }
        tail.markers().forEach(marker -> timeline.add(marker.position(), marker.type()));
        return timeline;
    }
}
