package io.tidemark.journal;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.journal.MemoryFiles.Call;
import io.tidemark.journal.MemoryFiles.Fault;
import io.tidemark.journal.MemoryFiles.Survival;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VolumeId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** The checks of the other tests can fail: each deliberately broken store is caught by them. */
final class BrokenStoreTest {
    /** A view with one wrong bit. */
    private record WrongView(VolumeView view, long wrongOffset) implements VolumeView {
        @Override
        public VolumeId volume() {
            return view.volume();
        }

        @Override
        public long position() {
            return view.position();
        }

        @Override
        public long sizeBytes() {
            return view.sizeBytes();
        }

        @Override
        public void read(long offset, ByteBuffer into) throws IOException {
            int start = into.position();
            view.read(offset, into);
            int at = start + (int) (wrongOffset - offset);
            into.put(at, (byte) (into.get(at) ^ 1));
        }

        @Override
        public List<BlockExtent> extents(long offset, long lengthBytes) throws IOException {
            return view.extents(offset, lengthBytes);
        }

        @Override
        public void close() {
            view.close();
        }
    }

    @Test
    void aWrongBitInAViewIsCaught() throws IOException {
        MemoryFiles files = new MemoryFiles();
        CrashScenario scenario = new CrashScenario(3);
        scenario.run(files, new ArrayList<>());
        try (Journal journal = Journal.open(CrashScenario.FOLDER, CrashScenario.CONFIG, files)) {
            CheckpointId newest = journal.newestCheckpoint().orElseThrow().id();
            try (VolumeView view =
                    journal.openView(journal.spec().volumes().getFirst().id(), newest)) {
                scenario.model().check(view);
                assertThrows(AssertionError.class, () -> scenario.model().check(new WrongView(view, 77_777)));
            }
        }
    }

    /** Runs to the end on a disk that skips some fsyncs, loses power, and checks. */
    private static void runOnLyingDisk(long seed, Predicate<String> lies) throws IOException {
        MemoryFiles files = new MemoryFiles();
        CrashScenario scenario = new CrashScenario(seed);
        Set<String> made = new HashSet<>();
        files.setFaults((call, file) -> {
            String name = String.valueOf(file.getFileName());
            // The first fsync belongs to the making of the file; that one is honest.
            boolean lie = call == Call.SYNC && !made.add(name) && lies.test(name);
            return lie ? Fault.LIE : Fault.NONE;
        });
        scenario.run(files, new ArrayList<>());
        scenario.verifyAndGoOn(files.afterCrash(new Random(seed), Survival.NOTHING));
    }

    @Test
    void honestDisksPass() throws IOException {
        runOnLyingDisk(5, name -> false);
    }

    /** J2, J4 would be broken without the fsync of segments. */
    @Test
    void skippedSegmentSyncsAreCaught() {
        assertCaught(name -> name.startsWith("segment"));
    }

    /** J3 would be broken without the fsync of base images. */
    @Test
    void skippedBaseImageSyncsAreCaught() {
        assertCaught(name -> name.endsWith(".img"));
    }

    @Test
    void skippedCheckpointSyncsAreCaught() {
        assertCaught(name -> name.equals("checkpoints.tml"));
    }

    private static void assertCaught(Predicate<String> lies) {
        Throwable caught = assertThrows(Throwable.class, () -> runOnLyingDisk(5, lies));
        assertTrue(caught instanceof AssertionError || caught instanceof JournalCorruptException, caught::toString);
    }
}
