package io.tidemark.journal;

import io.tidemark.journal.file.StoreFiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which segment files are open: at most so many idle ones, those used last, however long the journal is. Any thread; no I/O under its lock. */
final class SegmentFiles {
    private static final Logger LOG = LoggerFactory.getLogger(SegmentFiles.class);
    private static final int MAX_IDLE = 64;

    private final StoreFiles files;
    /** Those that were read, least recently used first. */
    private final LinkedHashSet<Segment> open = new LinkedHashSet<>();

    SegmentFiles(StoreFiles files) {
        this.files = files;
    }

    StoreFiles files() {
        return files;
    }

    /** A segment was just used; closes others where there are too many. */
    void used(Segment segment) {
        List<Segment> tooMany = new ArrayList<>();
        synchronized (this) {
            open.remove(segment);
            open.add(segment);
            var oldest = open.iterator();
            while (open.size() > MAX_IDLE) {
                tooMany.add(oldest.next());
                oldest.remove();
            }
        }
        for (Segment other : tooMany) {
            try {
                other.closeIfIdle();
            } catch (IOException e) {
                // It was only read; there is nothing in it that could be lost.
                LOG.atWarn().addKeyValue("segment", other).setCause(e).log("closing a segment file failed");
            }
        }
    }

    void forget(Segment segment) {
        synchronized (this) {
            open.remove(segment);
        }
    }
}
