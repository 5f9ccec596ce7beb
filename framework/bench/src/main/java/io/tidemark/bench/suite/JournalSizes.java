package io.tidemark.bench.suite;

import io.tidemark.bench.load.LoadedJournal;
import io.tidemark.bench.load.Offsets;
import io.tidemark.bench.load.TemplateBatches;
import java.io.IOException;
import java.nio.file.Path;

/** Journals of a given size for the benchmarks that look at many sizes: random writes of 16 KiB all over a volume of 64 GiB. */
final class JournalSizes {
    static final long VOLUME_BYTES = 64 * Scale.GIB;
    static final int RECORD_BYTES = 16 << 10;

    private static final int RECORDS_PER_BATCH = 16;

    private JournalSizes() {}

    /** Makes a journal with so much payload and so many checkpoints, and leaves it open. */
    static LoadedJournal fill(Path folder, long payloadBytes, int checkpoints) throws IOException {
        LoadedJournal journal = LoadedJournal.create(folder, 1, VOLUME_BYTES);
        journal.fill(
                new TemplateBatches(RECORDS_PER_BATCH, RECORD_BYTES, payloadBytes),
                Offsets.random(VOLUME_BYTES, RECORD_BYTES, payloadBytes),
                payloadBytes,
                checkpoints);
        return journal;
    }

    /** What was written, and whether sizes were left out. */
    static String note(int built, int wanted) {
        String written = "journals hold random writes of 16 KiB over a volume of 64 GiB";
        return built == wanted ? written : written + "; LARGER SIZES WERE LEFT OUT: they do not fit into --disk-gib";
    }
}
