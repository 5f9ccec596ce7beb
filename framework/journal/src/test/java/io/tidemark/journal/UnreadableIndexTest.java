package io.tidemark.journal;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.journal.batch.RecordType;
import io.tidemark.journal.file.FileStoreFiles;
import io.tidemark.spi.id.CheckpointId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A page of a mapped index that can no longer be read, here because the file was cut off under the mapping: the JVM gets the same signal as from a disk
 * that fails.
 */
final class UnreadableIndexTest {
    private static final JournalConfig CONFIG = new JournalConfig(64 << 10, 100, 64 << 10);
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final int CHECKPOINTS = 120;

    private final Model model = new Model(Model.spec(300_000));

    private Journal journal(Path folder) throws IOException {
        FileStoreFiles files = new FileStoreFiles();
        Random random = new Random(23);
        try (Journal made = Journal.create(folder, model.spec(), CONFIG, files)) {
            made.append(model.marker(RecordType.SYNC_END, 0).buffer());
            for (int i = 1; i <= CHECKPOINTS; i++) {
                made.append(model.nextBatch(random, 6, 0).buffer());
                long durable = made.sync();
                made.addCheckpoint(CheckpointRecord.automatic(new CheckpointId(i), durable, START.plusSeconds(i)));
            }
        }
        return Journal.open(folder, CONFIG, files);
    }

    private static List<Path> runs(Path folder) throws IOException {
        return new FileStoreFiles()
                .list(folder).stream()
                        .filter(file -> JournalLayout.runName(file).isPresent())
                        .toList();
    }

    private static void cutOff(List<Path> files) throws IOException {
        assertFalse(files.isEmpty());
        for (Path file : files) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.truncate(0);
            }
        }
    }

    /** Reads all over a view until the code that does it has been compiled. */
    private void warmUp(VolumeView view) throws IOException {
        Random random = new Random(1);
        ByteBuffer bytes = ByteBuffer.allocate(512);
        for (int i = 0; i < 60_000; i++) {
            view.extents(random.nextInt(300_000 - 512), 512);
        }
        view.read(0, bytes);
        model.check(view);
    }

    /** Every read is right, or says clearly that the disk failed; none ends in an error of the JVM. */
    @Test
    void viewsGoOnWithWhatCanBeRead(@TempDir Path temporary) throws IOException {
        Path folder = temporary.resolve("j");
        try (Journal journal = journal(folder)) {
            List<VolumeView> views = new ArrayList<>();
            for (int id = 20; id <= CHECKPOINTS; id += 20) {
                VolumeView view =
                        journal.openView(model.spec().volumes().getFirst().id(), new CheckpointId(id));
                warmUp(view);
                views.add(view);
            }
            cutOff(runs(folder));
            int right = 0;
            for (int round = 0; round < 3; round++) {
                for (VolumeView view : views) {
                    try {
                        model.check(view);
                        right++;
                    } catch (IOException e) {
                        assertTrue(String.valueOf(e.getMessage()).contains("could not be read"), e::toString);
                    }
                }
            }
            assertTrue(right >= views.size(), right + " reads were right");
            views.forEach(VolumeView::close);
        }
    }

    @Test
    void foldsGoOnWithWhatCanBeRead(@TempDir Path temporary) throws IOException {
        Path folder = temporary.resolve("j");
        try (Journal journal = journal(folder)) {
            model.checkAll(journal);
            cutOff(runs(folder));
            journal.age(START.plusSeconds(CHECKPOINTS - 10));
            assertTrue(journal.statistics().floorPosition() > 0);
            model.checkAll(journal);
        }
    }
}
