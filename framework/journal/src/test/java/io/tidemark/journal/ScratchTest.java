package io.tidemark.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.journal.MemoryFiles.Fault;
import io.tidemark.journal.MemoryFiles.Survival;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.block.ZeroCause;
import io.tidemark.spi.id.VolumeId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What a scratch promises after a crash, and when its disk fails. */
final class ScratchTest {
    private static final Path FOLDER = Path.of("/j/1");
    private static final Path FILE = Path.of("/scratch/one");
    private static final int SIZE = 120_000;

    private final MemoryFiles files = new MemoryFiles();
    private final Model model = new Model(Model.spec(SIZE));
    private final VolumeId volume = model.spec().volumes().getFirst().id();

    private Journal journal() throws IOException {
        if (Journal.exists(FOLDER, files)) {
            return Journal.open(FOLDER, JournalConfig.defaults(), files);
        }
        Journal journal = Journal.create(FOLDER, model.spec(), JournalConfig.defaults(), files);
        journal.append(model.nextBatch(new Random(5), 40, 0).buffer());
        journal.sync();
        return journal;
    }

    /** The states that the volume was in, oldest first, since the last flush that returned. */
    private static void change(Scratch scratch, List<byte[]> states, Random random) throws IOException {
        byte[] next = states.getLast().clone();
        int offset = random.nextInt(SIZE);
        int length = 1 + random.nextInt(Math.min(15_000, SIZE - offset));
        if (random.nextInt(3) == 0) {
            Arrays.fill(next, offset, offset + length, (byte) 0);
            states.add(next);
            scratch.writeZeroes(offset, length, ZeroCause.WRITE_ZEROES);
        } else {
            byte[] data = new byte[length];
            random.nextBytes(data);
            System.arraycopy(data, 0, next, offset, length);
            states.add(next);
            scratch.write(offset, ByteBuffer.wrap(data));
        }
    }

    /** J2: after a crash each byte is as it was at some moment since the last flush that returned. */
    @Test
    void aCrashKeepsWhatWasFlushed() {
        Seeds.check(60, random -> {
            ScratchTest fresh = new ScratchTest();
            fresh.crashOnce(random);
        });
    }

    private void crashOnce(Random random) throws IOException {
        List<byte[]> states = new ArrayList<>();
        try (Journal journal = journal();
                VolumeView view = journal.openLatest(volume)) {
            states.add(model.contents(0, view.position()));
            int last = files.changes() + 8 + random.nextInt(60);
            files.setFaults((call, file) -> call.changes() && files.changes() >= last ? Fault.CRASH : Fault.NONE);
            try (Scratch scratch = journal.openScratch(view, FILE)) {
                while (true) {
                    for (int i = random.nextInt(6); i >= 0; i--) {
                        change(scratch, states, random);
                    }
                    scratch.flush();
                    states.subList(0, states.size() - 1).clear();
                }
            }
        } catch (MemoryFiles.Crashed e) {
            verifyAfterCrash(files.afterCrash(random, Survival.RANDOM), states);
        }
    }

    private void verifyAfterCrash(MemoryFiles left, List<byte[]> states) throws IOException {
        try (Journal journal = Journal.open(FOLDER, JournalConfig.defaults(), left);
                VolumeView view = journal.openLatest(volume);
                Scratch scratch = journal.openScratch(view, FILE)) {
            ByteBuffer actual = ByteBuffer.allocate(SIZE);
            scratch.read(0, actual);
            for (int i = 0; i < SIZE; i++) {
                byte value = actual.get(i);
                int at = i;
                assertTrue(
                        states.stream().anyMatch(state -> state[at] == value),
                        () -> "byte " + at + " is one that it never was since the last flush");
            }
        }
    }

    /** J9: after a failed flush nothing more is taken. */
    @Test
    void aFailedFlushStopsTheScratch() throws IOException {
        try (Journal journal = journal();
                VolumeView view = journal.openLatest(volume);
                Scratch scratch = journal.openScratch(view, FILE)) {
            scratch.write(100, ByteBuffer.allocate(100));
            files.setFaults((call, file) -> call == MemoryFiles.Call.SYNC ? Fault.ERROR : Fault.NONE);
            assertThrows(IOException.class, scratch::flush);
            files.setFaults((call, file) -> Fault.NONE);
            assertThrows(IOException.class, scratch::flush);
            assertThrows(IOException.class, () -> scratch.write(0, ByteBuffer.allocate(1)));
        }
    }

    @Test
    void extentsTellWhatIsZero() throws IOException {
        try (Journal journal = Journal.create(FOLDER, model.spec(), JournalConfig.defaults(), files);
                VolumeView view = journal.openLatest(volume);
                Scratch scratch = journal.openScratch(view, FILE)) {
            assertEquals(List.of(new BlockExtent(0, SIZE, BlockExtent.Content.ZERO)), scratch.extents(0, SIZE));
            scratch.write(8192, ByteBuffer.allocate(10));
            assertEquals(
                    List.of(
                            new BlockExtent(0, 8192, BlockExtent.Content.ZERO),
                            new BlockExtent(8192, 4096, BlockExtent.Content.DATA),
                            new BlockExtent(12_288, SIZE - 12_288, BlockExtent.Content.ZERO)),
                    scratch.extents(0, SIZE));
            scratch.writeZeroes(8192, 4096, ZeroCause.TRIM);
            assertEquals(List.of(new BlockExtent(0, SIZE, BlockExtent.Content.ZERO)), scratch.extents(0, SIZE));
            assertThrows(IndexOutOfBoundsException.class, () -> scratch.read(SIZE - 1, ByteBuffer.allocate(2)));
        }
    }
}
