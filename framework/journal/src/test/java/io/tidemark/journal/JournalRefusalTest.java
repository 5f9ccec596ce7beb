package io.tidemark.journal;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.journal.JournalRefusedException.Reason;
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
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** What a journal declines, and that declining changes nothing. */
final class JournalRefusalTest {
    private static final Path FOLDER = Path.of("/j/1");
    private static final JournalConfig CONFIG = JournalConfig.defaults().withSegmentBytes(64 * 1024);
    private static final Instant TIME = Instant.parse("2026-01-01T00:00:00.123456789Z");

    private final MemoryFiles files = new MemoryFiles();
    private final Model model = new Model(Model.spec(100_000, 50_000));
    private final Random random = new Random(1);
    private Journal journal = open();

    private Journal open() {
        try {
            return Journal.exists(FOLDER, files)
                    ? Journal.open(FOLDER, CONFIG, files)
                    : Journal.create(FOLDER, model.spec(), CONFIG, files);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @BeforeEach
    void synced() throws IOException {
        journal.append(model.marker(RecordType.SYNC_END, 3).buffer());
        journal.sync();
    }

    @AfterEach
    void close() throws IOException {
        journal.close();
    }

    private static void assertRefused(Reason reason, Executable action) {
        assertEquals(reason, assertThrows(JournalRefusedException.class, action).reason());
    }

    private static CheckpointRecord checkpoint(long id, long position) {
        return CheckpointRecord.automatic(new CheckpointId(id), position, TIME);
    }

    /** J8: the same batch again changes nothing; J7: of an older epoch it is refused, before and after a restart. */
    @Test
    void batchesAreTakenOnceAndInOrder() throws IOException {
        Model.Built first = model.nextBatch(random, 5, 3);
        Model.Built second = model.nextBatch(random, 5, 3);
        Model.Built third = model.nextBatch(random, 5, 4);
        assertRefused(Reason.GAP, () -> journal.append(second.buffer()));
        journal.append(first.buffer());
        journal.append(second.buffer());
        assertEquals(second.endPosition(), journal.append(first.buffer()));
        assertRefused(Reason.GAP, () -> journal.append(beyond(9_999)));
        assertRefused(Reason.PARTIAL_OVERLAP, () -> journal.append(overlapping(second.endPosition() - 1)));
        journal.append(third.buffer());
        assertEquals(4, journal.epoch());
        assertRefused(Reason.OLD_EPOCH, () -> journal.append(first.buffer()));
        journal.raiseEpoch(9);
        assertRefused(Reason.OLD_EPOCH, () -> journal.raiseEpoch(8));
        journal.sync();
        journal.close();
        journal = open();
        assertEquals(9, journal.epoch());
        assertRefused(Reason.OLD_EPOCH, () -> journal.append(third.buffer()));
        model.checkAll(journal);
        assertFalse(journal.hasFailed());
    }

    private static ByteBuffer beyond(long position) {
        BatchBuilder builder = new BatchBuilder(10);
        builder.add(0, 0, ByteBuffer.allocate(1));
        return builder.build(position, 3);
    }

    private static ByteBuffer overlapping(long position) {
        BatchBuilder builder = new BatchBuilder(10);
        builder.add(0, 0, ByteBuffer.allocate(1));
        builder.add(0, 0, ByteBuffer.allocate(1));
        return builder.build(position, 3);
    }

    @Test
    void damagedAndMisplacedBatchesAreRefused() throws IOException {
        byte[] data = new byte[5000];
        random.nextBytes(data);
        BatchBuilder builder = new BatchBuilder(10_000);
        builder.add(0, 0, ByteBuffer.wrap(data));
        ByteBuffer damaged = builder.build(1, 3);
        damaged.put(3000, (byte) ~damaged.get(3000));
        assertRefused(Reason.CORRUPT_BATCH, () -> journal.append(damaged));
        builder.add(1, 49_000, ByteBuffer.wrap(data));
        ByteBuffer outside = builder.build(1, 3);
        assertRefused(Reason.BAD_RECORD, () -> journal.append(outside));
        builder.add(2, 0, ByteBuffer.wrap(data));
        ByteBuffer noVolume = builder.build(1, 3);
        assertRefused(Reason.BAD_RECORD, () -> journal.append(noVolume));
        assertEquals(1, journal.appendedPosition());
        model.checkAll(journal);
    }

    /** J6: no checkpoint before the first sync has ended, nor inside a later one; right at its borders they are legal. */
    @Test
    void checkpointsInsideASyncAreRefused() throws IOException {
        assertRefused(Reason.INCONSISTENT, () -> journal.addCheckpoint(checkpoint(1, 0)));
        journal.append(model.nextBatch(random, 5, 3).buffer());
        long begin = journal.appendedPosition();
        journal.append(model.marker(RecordType.SYNC_BEGIN, 3).buffer());
        assertEquals(ConsistencyState.INCONSISTENT, journal.consistency());
        journal.append(model.nextBatch(random, 5, 3).buffer());
        long inside = journal.sync();
        journal.addCheckpoint(checkpoint(1, begin));
        assertRefused(Reason.INCONSISTENT, () -> journal.addCheckpoint(checkpoint(2, begin + 1)));
        assertRefused(Reason.INCONSISTENT, () -> journal.addCheckpoint(checkpoint(2, inside)));
        journal.close();
        journal = open();
        assertEquals(ConsistencyState.INCONSISTENT, journal.consistency());
        assertRefused(Reason.INCONSISTENT, () -> journal.addCheckpoint(checkpoint(2, inside)));
        journal.append(model.marker(RecordType.SYNC_END, 3).buffer());
        long end = journal.sync();
        assertEquals(OptionalLong.of(end), journal.consistentSince());
        journal.addCheckpoint(checkpoint(2, end));
        model.checkAll(journal);
    }

    /** J5: nothing is selectable beyond what is durable; ids and positions grow; J8: the same one again is nothing new. */
    @Test
    void checkpointsMustBeDurableAndGrow() throws IOException {
        journal.append(model.nextBatch(random, 5, 3).buffer());
        long appended = journal.appendedPosition();
        assertRefused(Reason.NOT_DURABLE, () -> journal.addCheckpoint(checkpoint(5, appended)));
        journal.sync();
        journal.addCheckpoint(checkpoint(5, appended));
        assertDoesNotThrow(() -> journal.addCheckpoint(checkpoint(5, appended)));
        assertEquals(1, journal.checkpoints().size());
        assertRefused(Reason.NOT_GROWING, () -> journal.addCheckpoint(checkpoint(5, appended - 1)));
        assertRefused(Reason.NOT_GROWING, () -> journal.addCheckpoint(checkpoint(4, appended)));
        assertRefused(Reason.NOT_GROWING, () -> journal.addCheckpoint(checkpoint(6, appended - 1)));
        VolumeId volume = model.spec().volumes().getFirst().id();
        assertRefused(Reason.NO_SUCH_CHECKPOINT, () -> journal.openView(volume, new CheckpointId(6)));
        assertRefused(Reason.NO_SUCH_CHECKPOINT, () -> journal.setPinning(new CheckpointId(6), Pinning.PINNED));
        assertThrows(IllegalArgumentException.class, () -> journal.openLatest(new VolumeId("other")));
        assertThrows(
                IllegalArgumentException.class,
                () -> new CheckpointRecord(
                        new CheckpointId(7),
                        appended,
                        TIME,
                        CheckpointRecord.Kind.TAGGED,
                        "é".repeat(513),
                        Pinning.UNPINNED));
        CheckpointRecord longest = new CheckpointRecord(
                new CheckpointId(7),
                appended,
                TIME,
                CheckpointRecord.Kind.APPLICATION_CONSISTENT,
                "é".repeat(512),
                Pinning.PINNED);
        journal.addCheckpoint(longest);
        List<CheckpointRecord> before = List.copyOf(journal.checkpoints());
        journal.close();
        journal = open();
        assertEquals(before, journal.checkpoints());
        assertEquals(longest, journal.newestCheckpoint().orElseThrow());
    }

    @Test
    void aJournalIsOpenOnce() {
        assertRefused(Reason.IN_USE, () -> Journal.open(FOLDER, CONFIG, files));
        assertRefused(Reason.IN_USE, () -> Journal.destroy(FOLDER, model.spec().id(), files));
    }

    /** J8: only a folder that says it is this journal is emptied. */
    @Test
    void onlyTheNamedJournalIsDestroyed(@TempDir Path temporary) throws IOException {
        FileStoreFiles real = new FileStoreFiles();
        Path folder = temporary.resolve("a").resolve("b");
        Journal.create(folder, model.spec(), CONFIG, real).close();
        assertRefused(Reason.EXISTS, () -> Journal.create(folder, model.spec(), CONFIG, real)
                .close());
        JournalId other = new JournalId(VpgId.random(), new VmId("vm-1"));
        assertRefused(Reason.NOT_THIS_JOURNAL, () -> Journal.destroy(folder, other, real));
        assertTrue(Journal.exists(folder, real));
        Journal.destroy(folder, model.spec().id(), real);
        assertFalse(Files.exists(folder));
        assertRefused(
                Reason.NOT_THIS_JOURNAL,
                () -> Journal.destroy(folder, model.spec().id(), real));

        Path foreign = Files.createDirectory(temporary.resolve("foreign"));
        Path image = Files.writeString(foreign.resolve("base-0000.img"), "precious");
        assertRefused(Reason.NOT_THIS_JOURNAL, () -> Journal.open(foreign, CONFIG, real));
        assertRefused(
                Reason.NOT_THIS_JOURNAL,
                () -> Journal.destroy(foreign, model.spec().id(), real));
        assertRefused(Reason.EXISTS, () -> Journal.create(foreign, model.spec(), CONFIG, real)
                .close());
        assertEquals("precious", Files.readString(image));
    }

    /** A second owner at the same time is a bug of the caller, and named as such. */
    @Test
    void twoOwnersAtOnceAreNoticed() {
        OwnerGuard guard = new OwnerGuard();
        guard.enter();
        assertThrows(IllegalStateException.class, guard::enter);
        guard.exit();
        assertDoesNotThrow(guard::enter);
    }

    @Test
    void aScratchBelongsToOneView() throws IOException {
        journal.append(model.nextBatch(random, 5, 3).buffer());
        long durable = journal.sync();
        journal.addCheckpoint(checkpoint(1, 1));
        journal.addCheckpoint(checkpoint(2, durable));
        VolumeId volume = model.spec().volumes().getFirst().id();
        Path file = Path.of("/scratch/one");
        try (VolumeView one = journal.openView(volume, new CheckpointId(1));
                VolumeView two = journal.openView(volume, new CheckpointId(2))) {
            journal.openScratch(one, file).close();
            assertRefused(Reason.NOT_THIS_VIEW, () -> journal.openScratch(two, file));
            files.put(Path.of("/scratch/two"), new byte[10]);
            assertRefused(Reason.NOT_THIS_VIEW, () -> journal.openScratch(two, Path.of("/scratch/two")));
        }
    }
}
