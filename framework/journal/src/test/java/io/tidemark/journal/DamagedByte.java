package io.tidemark.journal;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** A byte at rest in a sealed segment that is not what was written. */
record DamagedByte(Path segment, int at) {
    /** Damages one somewhere behind a header; empty where there is no sealed segment. */
    static Optional<DamagedByte> somewhere(MemoryFiles files, Random random) {
        List<Path> segments = files.allFiles().stream()
                .filter(file -> JournalLayout.segmentName(file).isPresent())
                .toList();
        if (segments.size() < 2) {
            return Optional.empty();
        }
        Path segment = segments.get(random.nextInt(segments.size() - 1));
        int at = SegmentHeader.BYTES + random.nextInt(files.contents(segment).length - SegmentHeader.BYTES);
        files.flip(segment, at);
        return Optional.of(new DamagedByte(segment, at));
    }

    void mend(MemoryFiles files) {
        files.flip(segment, at);
    }
}
