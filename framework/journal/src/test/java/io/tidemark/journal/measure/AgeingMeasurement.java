package io.tidemark.journal.measure;

import io.tidemark.journal.CheckpointRecord;
import io.tidemark.journal.Journal;
import io.tidemark.journal.JournalConfig;
import io.tidemark.journal.JournalId;
import io.tidemark.journal.JournalSpec;
import io.tidemark.journal.JournalVolume;
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
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What ageing costs ingest, and whether it keeps up. Arguments: folder (new), MiB per round, rounds, MiB/s at which batches come (0: as fast as they
 * are taken). Rounds without and with ageing take turns.
 */
public final class AgeingMeasurement {
    private static final long VOLUME_BYTES = 4L << 30;
    private static final int RECORD_BYTES = 16 * 1024;
    private static final int BATCH_BYTES = 256 * 1024;
    private static final int GROUP = 16;

    private AgeingMeasurement() {}

    /** See the class. */
    public static void main(String[] args) throws IOException, InterruptedException {
        Path folder = Path.of(args[0]);
        long roundBytes = Long.parseLong(args[1]) << 20;
        long bytesPerSecond = Long.parseLong(args[3]) << 20;
        JournalSpec spec = new JournalSpec(
                new JournalId(VpgId.random(), new VmId("measured")),
                List.of(new JournalVolume(new VolumeId("disk"), VOLUME_BYTES)));
        FileStoreFiles files = new FileStoreFiles();
        AtomicBoolean ageing = new AtomicBoolean();
        AtomicBoolean done = new AtomicBoolean();
        AtomicLong folded = new AtomicLong();
        AtomicLong foldNanos = new AtomicLong();
        try (Journal journal = Journal.create(folder, spec, JournalConfig.defaults(), files)) {
            Thread thread = Thread.ofPlatform().start(() -> age(journal, ageing, done, folded, foldNanos));
            BatchBuilder builder = new BatchBuilder(BATCH_BYTES);
            builder.addMarker(RecordType.SYNC_END);
            journal.append(builder.build(0, 1));
            Random random = new Random(3);
            long id = 1;
            for (int round = 1; round <= 2 * Integer.parseInt(args[2]); round++) {
                ageing.set(round % 2 == 0);
                long begin = System.nanoTime();
                long waited = 0;
                for (long bytes = 0; bytes < roundBytes; ) {
                    long started = System.nanoTime();
                    for (int i = 0; i < GROUP; i++, bytes += BATCH_BYTES) {
                        journal.append(batch(builder, random, journal.appendedPosition()));
                    }
                    long durable = journal.sync();
                    journal.addCheckpoint(
                            CheckpointRecord.automatic(new CheckpointId(id), durable, Instant.ofEpochSecond(id)));
                    id++;
                    waited += System.nanoTime() - started;
                    if (bytesPerSecond > 0) {
                        long due = begin + (long) (bytes * 1e9 / bytesPerSecond);
                        Thread.sleep(Math.max(0, (due - System.nanoTime()) / 1_000_000));
                    }
                }
                double seconds = (System.nanoTime() - begin) / 1e9;
                System.out.printf(
                        "%s: ingest %.0f MB/s, %.0f us per group of 4 MiB, folded so far at %.0f MB/s while folding%n",
                        ageing.get() ? "with ageing" : "alone      ",
                        roundBytes / 1e6 / seconds,
                        waited / 1e3 / ((double) roundBytes / BATCH_BYTES / GROUP),
                        folded.get() * (64 << 20) / 1e6 / (foldNanos.get() / 1e9));
            }
            done.set(true);
            thread.join();
        }
        Journal.destroy(folder, spec.id(), files);
    }

    private static void age(
            Journal journal, AtomicBoolean ageing, AtomicBoolean done, AtomicLong folded, AtomicLong foldNanos) {
        while (!done.get()) {
            try {
                long started = System.nanoTime();
                long segments = ageing.get() ? journal.age(Instant.MAX).segmentsFolded() : 0;
                folded.addAndGet(segments);
                foldNanos.addAndGet(segments > 0 ? System.nanoTime() - started : 0);
                if (segments == 0) {
                    Thread.sleep(5);
                }
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private static ByteBuffer batch(BatchBuilder builder, Random random, long position) {
        byte[] data = new byte[RECORD_BYTES];
        random.nextBytes(data);
        while (builder.fits(RECORD_BYTES)) {
            long offset = random.nextLong(VOLUME_BYTES / RECORD_BYTES) * RECORD_BYTES;
            builder.add(0, offset, ByteBuffer.wrap(data));
        }
        return builder.build(position, 1);
    }
}
