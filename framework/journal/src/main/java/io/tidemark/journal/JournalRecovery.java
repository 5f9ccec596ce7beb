package io.tidemark.journal;

import io.tidemark.journal.batch.RecordType;
import io.tidemark.journal.file.StoreFile;
import io.tidemark.journal.file.StoreFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Opens a journal's files after a clean stop or a crash, in this order: manifest, checkpoint log, segments, tail, base images. Of the
 * segments it reads the last one alone: how long opening takes does not depend on how long the journal is.
 */
final class JournalRecovery {
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
            List<BaseImage> bases,
            SpareSegments spares,
            ViewMemory memory,
            RunBuilder runs) {}

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
        SegmentFiles segmentFiles = new SegmentFiles(files);
        List<Path> folder = files.list(layout.folder());
        List<Segment> segments = findSegments(folder, manifest, segmentFiles);
        SpareSegments spares = new SpareSegments(
                files,
                layout,
                config,
                folder.stream().filter(JournalLayout::isSpare).toList());
        retireFolded(segments, manifest, spares);
        verifyContinuity(segments, manifest);
        deleteThinnedBefore(segments.getFirst().number(), folder);
        Segment last = segments.getLast();
        StoreFile file = files.openDirect(last.path());
        opened.add(file);
        SegmentTail tail = SegmentTail.recover(
                last,
                file,
                manifest.spec(),
                Math.max(newestCheckpoint, manifest.viewFloorPosition()),
                config.segmentBytes());
        ConsistencyTimeline consistency = timeline(tail);
        List<BaseImage> bases = new ArrayList<>();
        for (int i = 0; i < manifest.spec().volumes().size(); i++) {
            BaseImage base = BaseImage.open(files, layout, manifest, i);
            opened.add(base::close);
            bases.add(base);
        }
        SegmentCatalog catalog = new SegmentCatalog(segments, manifest.viewFloorPosition());
        RunBuilder runs = new RunBuilder(files, layout, manifest, catalog, spares);
        SegmentWriter writer =
                new SegmentWriter(layout, segmentFiles, manifest, config, catalog, spares, runs, consistency, tail);
        findRuns(folder, manifest, catalog);
        return new Parts(
                manifest,
                checkpoints,
                catalog,
                writer,
                consistency,
                List.copyOf(bases),
                spares,
                new ViewMemory(catalog, config.viewCacheBytes()),
                runs);
    }

    private void deleteTemporaryFiles() throws IOException {
        for (Path file : files.list(layout.folder())) {
            if (JournalLayout.isTemporary(file)) {
                files.delete(file);
            }
        }
    }

    private List<Segment> findSegments(List<Path> folder, Manifest manifest, SegmentFiles segmentFiles)
            throws IOException {
        TreeMap<Long, Segment> found = new TreeMap<>();
        for (Path path : folder) {
            JournalLayout.SegmentName name = JournalLayout.segmentName(path).orElse(null);
            if (name != null) {
                long base = name.basePosition().isPresent()
                        ? name.basePosition().getAsLong()
                        : basePositionInside(path, manifest);
                Segment segment =
                        new Segment(segmentFiles, path, name.number(), base, manifest.spec(), manifest.incarnation());
                Segment other = found.put(name.number(), segment);
                if (other != null) {
                    throw new JournalCorruptException("journal " + layout.folder() + " has segment " + name.number()
                            + " twice: " + path + " and " + other.path() + ". Take away the one that is not its own");
                }
            }
        }
        if (found.isEmpty()) {
            throw new JournalCorruptException("journal " + layout.folder()
                    + " has a manifest and no segment: its files were removed. Restore them from another copy, or"
                    + " destroy the journal and protect the VM anew");
        }
        List<Segment> segments = new ArrayList<>(found.values());
        for (int i = 0; i + 1 < segments.size(); i++) {
            segments.get(i).endsAt(segments.get(i + 1).basePosition());
        }
        return segments;
    }

    private long basePositionInside(Path path, Manifest manifest) throws IOException {
        try (StoreFile file = files.open(path)) {
            return SegmentHeader.read(file, manifest.incarnation()).basePosition();
        }
    }

    /** Ends an ageing that a crash cut off: the manifest proves that the base images hold what is in these segments (J3, J8). */
    private void retireFolded(List<Segment> segments, Manifest manifest, SpareSegments spares) throws IOException {
        while (segments.size() > 1 && segments.getFirst().endPosition() <= manifest.floorPosition()) {
            Segment folded = segments.removeFirst();
            folded.header(); // proves that it is this journal's
            long lengthBytes = folded.withFile(StoreFile::lengthBytes);
            folded.close();
            spares.recycle(folded.number(), folded.path(), lengthBytes);
        }
    }

    /** What spoke of segments that are gone: the manifest proves that they were folded. */
    private void deleteThinnedBefore(long firstSegment, List<Path> folder) throws IOException {
        for (Path file : folder) {
            OptionalLong number = JournalLayout.thinnedNumber(file);
            if (number.isPresent() && number.getAsLong() < firstSegment && files.exists(file)) {
                files.delete(file);
            }
        }
    }

    /** Runs are taken by their names, and verified when they are first used; those of segments that are gone are deleted. */
    private void findRuns(List<Path> folder, Manifest manifest, SegmentCatalog catalog) throws IOException {
        long last = catalog.active().number() - 1;
        for (Path path : folder) {
            JournalLayout.RunName name = JournalLayout.runName(path).orElse(null);
            if (name == null) {
                continue;
            }
            long runLast = name.firstSegment() + RunCatalog.length(name.level()) - 1;
            boolean useful = name.level() > 0
                    && name.level() <= RunCatalog.MAX_LEVEL
                    && runLast <= last
                    && catalog.covers(name.firstSegment());
            if (!useful || !catalog.addRun(run(path, name, runLast, manifest, catalog))) {
                files.delete(path);
            }
        }
    }

    private ExtentRun run(
            Path path, JournalLayout.RunName name, long runLast, Manifest manifest, SegmentCatalog catalog) {
        IndexPages.Identity identity = new IndexPages.Identity(
                manifest.incarnation(),
                name.firstSegment(),
                runLast,
                catalog.numbered(name.firstSegment()).basePosition(),
                catalog.numbered(runLast).endPosition());
        return new ExtentRun(
                files, path, name.level(), identity, manifest.spec().volumes().size());
    }

    private void verifyContinuity(List<Segment> segments, Manifest manifest) throws JournalCorruptException {
        long position = manifest.floorPosition();
        Segment first = segments.getFirst();
        if (first.basePosition() != position) {
            throw missing(position, first);
        }
        long number = first.number();
        for (Segment segment : segments) {
            if (segment.number() != number || segment.basePosition() < position) {
                throw missing(position, segment);
            }
            number++;
            position = segment.basePosition();
        }
    }

    private JournalCorruptException missing(long position, Segment found) {
        return new JournalCorruptException("journal " + layout.folder() + " lacks records from position " + position
                + " on: the next file, " + found.path() + ", starts at position " + found.basePosition()
                + ". Put the missing segment back in its place");
    }

    /** What lies before the last segment is asked of the segments where it is needed. */
    private static ConsistencyTimeline timeline(SegmentTail tail) {
        SegmentHeader header = tail.header();
        ConsistencyTimeline timeline = new ConsistencyTimeline(header.basePosition(), header.consistentSince());
        RecordLog.Snapshot records = tail.log().before(tail.endPosition());
        for (int i = 0; i < records.size(); i++) {
            RecordType type = RecordType.ofCode(records.typeCode(i)).orElseThrow();
            if (type.isMarker()) {
                timeline.add(records.position(i), type);
            }
        }
        return timeline;
    }
}
