package io.tidemark.journal.measure;

import io.tidemark.journal.AgeingResult;
import io.tidemark.journal.CheckpointRecord;
import io.tidemark.journal.HistoryLimits;
import io.tidemark.journal.Journal;
import io.tidemark.journal.JournalConfig;
import io.tidemark.journal.JournalId;
import io.tidemark.journal.JournalSpec;
import io.tidemark.journal.JournalVolume;
import io.tidemark.journal.Thinning;
import io.tidemark.journal.batch.BatchBuilder;
import io.tidemark.journal.batch.RecordType;
import io.tidemark.journal.file.FileStoreFiles;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;

/**
 * What thinning gives back, and how long that takes. Arguments: folder (new), MiB to write, MiB that are written again and again, MiB between
 * two kept checkpoints, bytes per write, {@code sequential} or {@code random}.
 */
public final class ThinningMeasurement {
    private static final int BATCH_BYTES = 256 * 1024;
    private static final int GROUP = 16;
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private ThinningMeasurement() {}

    /** See the class. */
    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args[0]);
        long total = Long.parseLong(args[1]) << 20;
        long hot = Long.parseLong(args[2]) << 20;
        long perKept = Long.parseLong(args[3]) << 20;
        int length = Integer.parseInt(args[4]);
        boolean sequential = args[5].equals("sequential");
        JournalSpec spec = new JournalSpec(
                new JournalId(VpgId.random(), new VmId("measured")),
                List.of(new JournalVolume(new VolumeId("disk"), hot)));
        FileStoreFiles files = new FileStoreFiles();
        // A checkpoint each 4 MiB, which stands for one second.
        long bytesPerSecond = (long) GROUP * BATCH_BYTES;
        Thinning thinning = new Thinning(List.of(
                new Thinning.Tier(Duration.ofSeconds(1), Duration.ofSeconds(Math.max(1, perKept / bytesPerSecond)))));
        HistoryLimits limits =
                new HistoryLimits(Duration.ofDays(1), Long.MAX_VALUE, HistoryLimits.WhenFull.SHORTEN, thinning);
        try (Journal journal = Journal.create(folder, spec, JournalConfig.defaults(), files)) {
            fill(journal, total, hot, length, sequential);
            long before = journal.space().segmentBytes();
            long started = System.nanoTime();
            int calls = 0;
            int looked = 0;
            AgeingResult result;
            do {
                result = journal.age(limits, START.plus(Duration.ofHours(12)));
                looked += result.segmentsThinned();
                calls++;
            } while (result.moreToThin());
            double seconds = (System.nanoTime() - started) / 1e9;
            long again = System.nanoTime();
            journal.age(limits, START.plus(Duration.ofHours(12)));
            System.out.printf(
                    "segments %,d MB before, %,d MB after (%.1f %% given back), %d checkpoints left; %d segments in %d calls, %.0f ms each; with nothing to do %.1f ms%n",
                    before / 1_000_000,
                    journal.space().segmentBytes() / 1_000_000,
                    100.0 * (before - journal.space().segmentBytes()) / before,
                    journal.checkpoints().size(),
                    looked,
                    calls,
                    seconds * 1e3 / Math.max(1, looked),
                    (System.nanoTime() - again) / 1e6);
        }
        Journal.destroy(folder, spec.id(), files);
    }

    private static void fill(Journal journal, long total, long hot, int length, boolean sequential) throws IOException {
        BatchBuilder builder = new BatchBuilder(BATCH_BYTES);
        builder.addMarker(RecordType.SYNC_END);
        journal.append(builder.build(0, 1));
        Random random = new Random(3);
        byte[] data = new byte[length];
        long next = 0;
        long id = 1;
        for (long written = 0; written < total; id++) {
            for (int i = 0; i < GROUP; i++) {
                while (builder.fits(length)) {
                    random.nextBytes(data);
                    builder.add(0, sequential ? next : random.nextLong(hot / length) * length, ByteBuffer.wrap(data));
                    next = (next + length) % hot;
                    written += length;
                }
                journal.append(builder.build(journal.appendedPosition(), 1));
            }
            long durable = journal.sync();
            journal.addCheckpoint(CheckpointRecord.automatic(new CheckpointId(id), durable, START.plusSeconds(id)));
        }
    }
}
