package io.tidemark.bench.load;

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
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.LongSupplier;

/** A journal of one VM on the product's own settings and files, with its owner's thread: who appends batches and makes checkpoints. */
public final class LoadedJournal implements AutoCloseable {
    /** Payload that is made durable at once: half of what the journal keeper queues at most; fio has as much in flight with 1 MiB at depth 4. */
    public static final long GROUP_BYTES = 4 << 20;

    private static final int MARKER_BATCH_BYTES = 4096;
    private static final Instant FIRST_CHECKPOINT = Instant.parse("2026-01-01T00:00:00Z");
    private static final long CHECKPOINT_SECONDS = 5;

    private final Journal journal;
    private long checkpoints;

    private LoadedJournal(Journal journal) {
        this.journal = journal;
        this.checkpoints =
                journal.newestCheckpoint().map(newest -> newest.id().value()).orElse(0L);
    }

    /** A new one, consistent from its beginning. */
    public static LoadedJournal create(Path folder, int volumes, long volumeBytes) throws IOException {
        return create(folder, volumes, volumeBytes, JournalConfig.defaults());
    }

    /**
     * The same where so many bytes come between two ageings: all its segments are kept for reuse. The product gets there by ageing all the
     * time, so that no more is ever to be reused than the default keeps.
     */
    public static LoadedJournal createRecycling(Path folder, int volumes, long volumeBytes, long burstBytes)
            throws IOException {
        JournalConfig config = JournalConfig.defaults();
        // Batches carry tables and padding, up to a tenth.
        int segments = Math.toIntExact(Math.ceilDiv(burstBytes + burstBytes / 10, config.segmentBytes()));
        return create(folder, volumes, volumeBytes, config.withSpareSegments(config.spareSegments() + segments));
    }

    private static LoadedJournal create(Path folder, int volumes, long volumeBytes, JournalConfig config)
            throws IOException {
        List<JournalVolume> all = new ArrayList<>();
        for (int i = 0; i < volumes; i++) {
            all.add(new JournalVolume(volume(i), volumeBytes));
        }
        JournalSpec spec = new JournalSpec(new JournalId(new VpgId(new UUID(0, 1)), new VmId("bench")), all);
        LoadedJournal loaded = new LoadedJournal(Journal.create(folder, spec, config, new FileStoreFiles()));
        BatchBuilder synced = new BatchBuilder(MARKER_BATCH_BYTES);
        synced.addMarker(RecordType.SYNC_END);
        loaded.journal.append(synced.build(0, 1));
        loaded.journal.sync();
        return loaded;
    }

    public static LoadedJournal open(Path folder) throws IOException {
        return new LoadedJournal(Journal.open(folder, JournalConfig.defaults(), new FileStoreFiles()));
    }

    public static VolumeId volume(int index) {
        return new VolumeId("bench/disk" + index);
    }

    public Journal journal() {
        return journal;
    }

    /** Appends one batch; not durable yet. */
    public void append(TemplateBatches batches, LongSupplier offsets) throws IOException {
        append(batches, 0, offsets);
    }

    /** The same for another volume than the first. */
    public void append(TemplateBatches batches, int volumeIndex, LongSupplier offsets) throws IOException {
        journal.append(batches.next(journal.appendedPosition(), volumeIndex, offsets));
    }

    /** Appends so much payload as a journal's keeper does: a group is taken while the one before becomes durable; returns once all of it is. */
    public void ingest(TemplateBatches batches, LongSupplier offsets, long payloadBytes) throws IOException {
        long unsyncedBytes = 0;
        for (long done = 0; done < payloadBytes; done += batches.payloadBytes()) {
            append(batches, offsets);
            unsyncedBytes += batches.payloadBytes();
            if (unsyncedBytes >= GROUP_BYTES) {
                journal.startSync();
                unsyncedBytes = 0;
            }
        }
        journal.startSync();
        journal.finishSync();
    }

    /** Appends so much payload with as many checkpoints spread evenly over it. */
    public void fill(TemplateBatches batches, LongSupplier offsets, long payloadBytes, int checkpointCount)
            throws IOException {
        long filled = 0;
        for (int i = 1; i <= checkpointCount; i++) {
            long until = payloadBytes / checkpointCount * i;
            if (until > filled) {
                long part = Math.ceilDiv(until - filled, batches.payloadBytes()) * batches.payloadBytes();
                ingest(batches, offsets, part);
                filled += part;
            }
            checkpoint();
        }
    }

    /** Makes a checkpoint at the durable position, five seconds after the one before. */
    public CheckpointId checkpoint() throws IOException {
        CheckpointId id = new CheckpointId(++checkpoints);
        journal.addCheckpoint(CheckpointRecord.automatic(
                id, journal.durablePosition(), FIRST_CHECKPOINT.plusSeconds(checkpoints * CHECKPOINT_SECONDS)));
        return id;
    }

    /** Gives up all history before a new checkpoint, in as many steps as it takes. */
    public void ageAll() throws IOException {
        checkpoint();
        while (ageOnce() > 0) {
            // Each step folds a few segments.
        }
    }

    /** One step of ageing towards the newest checkpoint; returns how many more segments could be folded. */
    public int ageOnce() throws IOException {
        return journal.age(Instant.MAX).moreToFold();
    }

    @Override
    public void close() throws IOException {
        journal.close();
    }
}
