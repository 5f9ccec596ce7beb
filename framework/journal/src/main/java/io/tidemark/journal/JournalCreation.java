package io.tidemark.journal;

import io.tidemark.journal.file.StoreFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Makes a journal's files, and removes them for good.
 *
 * <p>A journal exists from the moment its manifest has its name. Files are removed only with proof in hand that they are ours to remove: a
 * manifest under the name for journals that are being created, or destroyed (J8).
 */
final class JournalCreation {
    private final StoreFiles files;
    private final JournalLayout layout;

    JournalCreation(StoreFiles files, JournalLayout layout) {
        this.files = files;
        this.layout = layout;
    }

    /** Creates the journal; the caller holds its lock. */
    void create(JournalSpec spec, JournalConfig config) throws IOException {
        if (files.exists(layout.manifest())) {
            throw new JournalRefusedException(
                    JournalRefusedException.Reason.EXISTS,
                    "there is a journal in " + layout.folder() + " already. Open it, or destroy it first");
        }
        if (files.exists(layout.deleting())) {
            Manifest.read(files, layout.deleting());
            deleteOurs(layout.deleting());
        }
        removeUnfinishedCreation();
        refuseOtherFiles();
        Manifest manifest = Manifest.fresh(spec);
        manifest.write(files, layout.creating());
        CheckpointLog.create(files, layout.checkpointLog(), manifest.incarnation());
        for (int i = 0; i < spec.volumes().size(); i++) {
            BaseImage.create(files, layout, manifest, i);
        }
        SegmentHeader first = SegmentHeader.next(
                manifest.incarnation(), 1, ThreadLocalRandom.current().nextLong(), 0, 0, -1);
        new SpareSegments(files, layout, config, List.of())
                .begin(first, config.segmentBytes())
                .close();
        files.syncFolder(layout.folder());
        files.rename(layout.creating(), layout.manifest());
        files.syncFolder(layout.folder());
    }

    private void removeUnfinishedCreation() throws IOException {
        Path temporary = JournalLayout.temporary(layout.creating());
        if (files.exists(temporary)) {
            // It is the very first file of a creation, and holds nothing that could be missed.
            files.delete(temporary);
        }
        if (files.exists(layout.creating())) {
            Manifest.read(files, layout.creating());
            deleteOurs(layout.creating());
        }
    }

    private void refuseOtherFiles() throws IOException {
        for (Path file : files.list(layout.folder())) {
            if (!file.equals(layout.lock())) {
                throw new JournalRefusedException(
                        JournalRefusedException.Reason.EXISTS,
                        "folder " + layout.folder() + " is not empty (" + file.getFileName()
                                + ") and holds no manifest of a journal. Nothing in it was touched. Use an empty folder,"
                                + " or find out whose files these are");
            }
        }
    }

    /** Removes the journal; the caller holds its lock, which goes too. */
    void destroy(JournalId expected) throws IOException {
        boolean begun = !files.exists(layout.manifest()) && files.exists(layout.deleting());
        if (!begun && !files.exists(layout.manifest())) {
            throw new JournalRefusedException(
                    JournalRefusedException.Reason.NOT_THIS_JOURNAL,
                    "there is no journal in " + layout.folder() + "; nothing was deleted");
        }
        Manifest manifest = Manifest.read(files, begun ? layout.deleting() : layout.manifest());
        if (!manifest.spec().id().equals(expected)) {
            throw new JournalRefusedException(
                    JournalRefusedException.Reason.NOT_THIS_JOURNAL,
                    "the journal in " + layout.folder() + " is "
                            + manifest.spec().id() + ", not " + expected + "; nothing was deleted");
        }
        if (!begun) {
            files.rename(layout.manifest(), layout.deleting());
            files.syncFolder(layout.folder());
        }
        deleteOurs(layout.deleting());
    }

    /** Deletes all files that have our names, the proof last. */
    private void deleteOurs(Path proof) throws IOException {
        for (Path file : files.list(layout.folder())) {
            if (JournalLayout.isOurs(file) && !file.equals(proof)) {
                files.delete(file);
            }
        }
        files.syncFolder(layout.folder());
        files.delete(proof);
        files.syncFolder(layout.folder());
    }
}
