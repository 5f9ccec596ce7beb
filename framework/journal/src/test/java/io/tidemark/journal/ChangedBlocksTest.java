package io.tidemark.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.journal.batch.RecordType;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VolumeId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is said to have changed between two checkpoints is what was written between them: no less ever, and no more by blocks. */
final class ChangedBlocksTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final Path FOLDER = Path.of("/j/1");
    private static final int VOLUME_BYTES = (3 << 20) + 512;

    @Test
    void changesAreWhatWasWrittenInBetween() {
        Seeds.check(12, random -> life(random, Thinning.NONE));
    }

    @Test
    void thinningLosesNoChange() {
        Seeds.check(
                12,
                random -> life(
                        random,
                        new Thinning(List.of(new Thinning.Tier(Duration.ofSeconds(6), Duration.ofSeconds(5))))));
    }

    private static void life(Random random, Thinning thinning) throws IOException {
        Model model = new Model(Model.spec(VOLUME_BYTES, 700_000));
        JournalConfig config = new JournalConfig(256 << 10, 2, 64 << 10);
        try (Journal journal = Journal.create(FOLDER, model.spec(), config, new MemoryFiles())) {
            journal.append(model.marker(RecordType.SYNC_END, 0).buffer());
            for (int i = 1; i <= 40; i++) {
                for (int batch = random.nextInt(3); batch >= 0; batch--) {
                    journal.append(model.nextBatch(random, 8, 0).buffer());
                }
                journal.addCheckpoint(
                        CheckpointRecord.automatic(new CheckpointId(i), journal.sync(), START.plusSeconds(i)));
                if (random.nextInt(8) == 0) {
                    journal.age(
                            new HistoryLimits(
                                    Duration.ofSeconds(25), Long.MAX_VALUE, HistoryLimits.WhenFull.SHORTEN, thinning),
                            START.plusSeconds(i));
                }
                check(random, model, journal);
            }
            CheckpointId oldest = journal.checkpoints().getFirst().id();
            CheckpointId gone = new CheckpointId(1000);
            VolumeId volume = model.spec().volumes().getFirst().id();
            assertThrows(JournalRefusedException.class, () -> journal.changedBetween(volume, gone, oldest));
        }
    }

    private static void check(Random random, Model model, Journal journal) throws IOException {
        List<CheckpointRecord> all = journal.checkpoints();
        CheckpointRecord one = all.get(random.nextInt(all.size()));
        CheckpointRecord other = all.get(random.nextInt(all.size()));
        for (int volume = 0; volume < 2; volume++) {
            JournalVolume asked = model.spec().volumes().get(volume);
            List<BlockExtent> changes = journal.changedBetween(asked.id(), one.id(), other.id());
            assertEquals(changes, journal.changedBetween(asked.id(), other.id(), one.id()));
            BitSet told = new BitSet();
            long end = 0;
            for (BlockExtent extent : changes) {
                assertTrue(extent.offset() >= end && extent.endOffset() <= asked.sizeBytes(), changes::toString);
                end = extent.endOffset();
                told.set((int) (extent.offset() / ChangedBlocks.BLOCK_BYTES), (int)
                        Math.ceilDiv(extent.endOffset(), ChangedBlocks.BLOCK_BYTES));
            }
            long from = Math.min(one.position(), other.position());
            long to = Math.max(one.position(), other.position());
            assertEquals(model.touched(volume, from, to, ChangedBlocks.BLOCK_BYTES), told);
        }
    }
}
