package io.tidemark.journal.measure;

import io.tidemark.journal.CheckpointRecord;
import io.tidemark.journal.Journal;
import io.tidemark.journal.JournalConfig;
import io.tidemark.journal.JournalId;
import io.tidemark.journal.JournalSpec;
import io.tidemark.journal.JournalVolume;
import io.tidemark.journal.batch.BatchBuilder;
import io.tidemark.journal.batch.BatchFormat;
import io.tidemark.journal.batch.RecordType;
import io.tidemark.journal.file.FileStoreFiles;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * How fast a journal takes durable batches. Arguments: folder (new), payload bytes per batch, bytes per record, batches per fsync, MiB per
 * round, rounds. Prints MB/s of payload, records/s and the times of {@code sync}, for each round; from the second on segments are recycled.
 */
public final class IngestMeasurement {
    private static final long VOLUME_BYTES = 1L << 36;

    private IngestMeasurement() {}

    /** See the class. */
    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args[0]);
        int batchBytes = Integer.parseInt(args[1]);
        int recordBytes = Integer.parseInt(args[2]);
        int group = Integer.parseInt(args[3]);
        long roundBytes = Long.parseLong(args[4]) << 20;
        int rounds = Integer.parseInt(args[5]);
        int spares = (int) (roundBytes / (64 << 20)) + 4;
        JournalSpec spec = new JournalSpec(
                new JournalId(VpgId.random(), new VmId("measured")),
                List.of(new JournalVolume(new VolumeId("disk"), VOLUME_BYTES)));
        FileStoreFiles files = new FileStoreFiles();
        ByteBuffer[] batches = batches(batchBytes, recordBytes);
        JournalConfig config = new JournalConfig(64 << 20, 1 << 20, 1 << 20, spares);
        try (Journal journal = Journal.create(folder, spec, config, files)) {
            BatchBuilder marker = new BatchBuilder(1);
            marker.addMarker(RecordType.SYNC_END);
            journal.append(marker.build(0, 1));
            for (int round = 1; round <= rounds; round++) {
                run(journal, batches, batchBytes, group, roundBytes, round);
                long position = journal.durablePosition();
                journal.addCheckpoint(
                        CheckpointRecord.automatic(new CheckpointId(round), position, Instant.ofEpochSecond(round)));
                journal.age(Instant.MAX);
            }
        }
        Journal.destroy(folder, spec.id(), files);
    }

    private static ByteBuffer[] batches(int batchBytes, int recordBytes) {
        Random random = new Random(1);
        ByteBuffer[] batches = new ByteBuffer[16];
        for (int b = 0; b < batches.length; b++) {
            BatchBuilder builder = new BatchBuilder(batchBytes);
            for (int at = 0; at < batchBytes; at += recordBytes) {
                byte[] data = new byte[recordBytes];
                random.nextBytes(data);
                // A small working set, so that the folding between rounds is short.
                long offset = (long) random.nextInt(1 << 12) * recordBytes;
                builder.add(0, offset, ByteBuffer.wrap(data));
            }
            ByteBuffer built = builder.build(0, 1);
            batches[b] = ByteBuffer.allocateDirect(built.remaining())
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .put(built)
                    .flip();
        }
        return batches;
    }

    /** Gives a built batch another position. */
    private static ByteBuffer at(ByteBuffer batch, long position) {
        batch.putLong(24, position);
        batch.putInt(60, BatchFormat.crc(batch, 0, 60));
        return batch;
    }

    private static void run(
            Journal journal, ByteBuffer[] batches, int batchBytes, int group, long roundBytes, int round)
            throws IOException {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long garbage = threads.getCurrentThreadAllocatedBytes();
        long firstPosition = journal.appendedPosition();
        int count = (int) (roundBytes / batchBytes);
        long[] acks = new long[Math.ceilDiv(count, group)];
        int groups = 0;
        long begin = System.nanoTime();
        long position = firstPosition;
        long begun = begin;
        for (int i = 0; i < count; ) {
            long started = System.nanoTime();
            for (int k = 0; k < group && i < count; k++, i++) {
                position = journal.append(at(batches[i % batches.length], position));
            }
            // The group before is waited for here, while this one was taken.
            journal.startSync();
            acks[groups++] = System.nanoTime() - begun;
            begun = started;
        }
        journal.finishSync();
        double seconds = (System.nanoTime() - begin) / 1e9;
        garbage = threads.getCurrentThreadAllocatedBytes() - garbage;
        Arrays.sort(acks, 0, groups);
        System.out.printf(
                "round %d: %.0f MB/s, %.0f records/s, group p50 %.0f us, p99 %.0f us, %.1f bytes of garbage per batch%n",
                round,
                (double) count * batchBytes / 1e6 / seconds,
                (position - firstPosition) / seconds,
                acks[groups / 2] / 1e3,
                acks[(int) (groups * 0.99)] / 1e3,
                (double) garbage / count);
    }
}
