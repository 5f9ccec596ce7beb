package io.tidemark.journal.measure;

import io.tidemark.journal.CheckpointRecord;
import io.tidemark.journal.Journal;
import io.tidemark.journal.JournalConfig;
import io.tidemark.journal.JournalId;
import io.tidemark.journal.JournalSpec;
import io.tidemark.journal.JournalVolume;
import io.tidemark.journal.VolumeView;
import io.tidemark.journal.batch.BatchBuilder;
import io.tidemark.journal.batch.RecordType;
import io.tidemark.journal.file.FileStoreFiles;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * How long it takes to open a journal after it was killed, and views of it. {@code build FOLDER MIB SEGMENT_MIB CHECKPOINTS RECORD_BYTES} fills a
 * journal with random writes over 1 TiB and dies without closing it; {@code open FOLDER SEGMENT_MIB} opens it, reads 4 KiB at random checkpoints,
 * and holds 1,000 views open at once.
 */
public final class ViewMeasurement {
    private static final VolumeId VOLUME = new VolumeId("disk");
    private static final long VOLUME_BYTES = 1L << 40;
    private static final int OPENED = 3_000;
    private static final int AT_ONCE = 1_000;
    private static final int BATCH_BYTES = 256 * 1024;
    private static final long SETTLE_MILLIS = 4_000;

    private ViewMeasurement() {}

    /** See the class. */
    public static void main(String[] args) throws IOException, InterruptedException {
        Path folder = Path.of(args[1]);
        if (args[0].equals("build")) {
            build(
                    folder,
                    Long.parseLong(args[2]) << 20,
                    Long.parseLong(args[3]) << 20,
                    Integer.parseInt(args[4]),
                    Integer.parseInt(args[5]));
        } else {
            open(folder, Long.parseLong(args[2]) << 20);
        }
    }

    private static void build(Path folder, long bytes, long segmentBytes, int checkpoints, int recordBytes)
            throws IOException, InterruptedException {
        JournalSpec spec = new JournalSpec(
                new JournalId(VpgId.random(), new VmId("measured")), List.of(new JournalVolume(VOLUME, VOLUME_BYTES)));
        JournalConfig config = JournalConfig.defaults().withSegmentBytes(segmentBytes);
        Journal journal = Journal.create(folder, spec, config, new FileStoreFiles());
        Random random = new Random(1);
        byte[] data = new byte[recordBytes];
        random.nextBytes(data);
        BatchBuilder builder = new BatchBuilder(BATCH_BYTES);
        builder.addMarker(RecordType.SYNC_END);
        long position = journal.append(builder.build(0, 1));
        int batches = (int) (bytes / BATCH_BYTES);
        int next = 1;
        long begin = System.nanoTime();
        for (int i = 1; i <= batches; i++) {
            while (builder.fits(recordBytes)) {
                builder.add(0, random.nextLong(VOLUME_BYTES / recordBytes) * recordBytes, ByteBuffer.wrap(data));
            }
            long first = position;
            position = journal.append(builder.build(position, 1));
            long due = (long) checkpoints * i / batches;
            if (next <= due) {
                journal.sync();
                // Several checkpoints in one batch lie inside it.
                long count = due - next + 1;
                for (long k = 1; k <= count; k++, next++) {
                    long at = first + (position - first) * k / count;
                    journal.addCheckpoint(
                            CheckpointRecord.automatic(new CheckpointId(next), at, Instant.ofEpochSecond(next)));
                }
            }
        }
        journal.sync();
        System.out.printf("built in %.1f s%n", (System.nanoTime() - begin) / 1e9);
        Thread.sleep(SETTLE_MILLIS);
        Runtime.getRuntime().halt(0);
    }

    private static void open(Path folder, long segmentBytes) throws IOException {
        JournalConfig config = JournalConfig.defaults().withSegmentBytes(segmentBytes);
        for (int i = 0; i < 3; i++) {
            long started = System.nanoTime();
            Journal.open(folder, config, new FileStoreFiles()).close();
            System.out.printf("journal opened and closed in %.1f ms%n", (System.nanoTime() - started) / 1e6);
        }
        long begin = System.nanoTime();
        try (Journal journal = Journal.open(folder, config, new FileStoreFiles())) {
            System.out.printf("journal opened in %.1f ms%n", (System.nanoTime() - begin) / 1e6);
            Random random = new Random(2);
            List<CheckpointRecord> all = journal.checkpoints();
            ByteBuffer block = ByteBuffer.allocate(4096);
            for (int round = 1; round <= 3; round++) {
                long[] nanos = new long[OPENED];
                for (int i = 0; i < OPENED; i++) {
                    CheckpointId id = all.get(random.nextInt(all.size())).id();
                    long offset = random.nextLong(VOLUME_BYTES / 4096) * 4096;
                    long started = System.nanoTime();
                    try (VolumeView view = journal.openView(VOLUME, id)) {
                        view.read(offset, block.clear());
                    }
                    nanos[i] = System.nanoTime() - started;
                }
                Arrays.sort(nanos);
                System.out.printf(
                        "round %d: first byte p50 %.2f ms, p99 %.2f ms, max %.2f ms%n",
                        round, nanos[OPENED / 2] / 1e6, nanos[OPENED * 99 / 100] / 1e6, nanos[OPENED - 1] / 1e6);
            }
            atOnce(journal, all, random, block);
        }
    }

    private static void atOnce(Journal journal, List<CheckpointRecord> all, Random random, ByteBuffer block)
            throws IOException {
        long before = heapBytes();
        long residentBefore = residentKib();
        List<VolumeView> views = new ArrayList<>();
        for (int i = 0; i < AT_ONCE; i++) {
            VolumeView view = journal.openView(
                    VOLUME, all.get((int) ((long) i * all.size() / AT_ONCE)).id());
            view.read(random.nextLong(VOLUME_BYTES / 4096) * 4096, block.clear());
            views.add(view);
        }
        System.out.printf(
                "%d views open: %d KiB of heap, %d KiB resident more%n",
                views.size(), (heapBytes() - before) / 1024, residentKib() - residentBefore);
        views.forEach(VolumeView::close);
    }

    private static long heapBytes() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    private static long residentKib() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        return 0;
    }
}
