package io.tidemark.replication.lane;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.journal.CheckpointRecord;
import io.tidemark.journal.JournalVolume;
import io.tidemark.journal.batch.Batch;
import io.tidemark.journal.batch.CorruptBatchException;
import io.tidemark.journal.batch.RecordType;
import io.tidemark.replication.SyncKind;
import io.tidemark.replication.lane.Lane.Contents;
import io.tidemark.replication.lane.Lane.SyncRead;
import io.tidemark.replication.lane.LaneStatus.Phase;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.block.ZeroCause;
import io.tidemark.spi.error.ProviderException;
import io.tidemark.spi.id.CheckpointId;
import io.tidemark.spi.id.VmId;
import io.tidemark.spi.id.VolumeId;
import io.tidemark.spi.id.VpgId;
import io.tidemark.spi.tracking.VolumeChanges;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The lane's decisions, stepped by hand: no thread, no channel. */
class LaneTest {
    private static final int BLOCK = 64 << 10;
    private static final VolumeId DISK = new VolumeId("db/vda");
    private static final long MEMORY = 1 << 20;

    private Cut cut = Cut.NONE;
    private final List<CheckpointId> durable = new ArrayList<>();
    private final Lane lane = new Lane(
            new LaneSpec(VpgId.random(), new VmId("db"), 1, List.of(new JournalVolume(DISK, 32L * BLOCK))),
            MEMORY,
            () -> cut,
            new LaneEvents() {
                @Override
                public void onLaneChanged(Lane changed) {
                    changed.status();
                }

                @Override
                public void onCheckpointDurable(Lane changed, CheckpointId checkpoint) {
                    durable.add(checkpoint);
                }

                @Override
                public void onFenced(Lane changed, ProviderException refusal) {
                    throw new AssertionError(refusal);
                }
            });

    private void connect(long position) {
        lane.connected(position);
    }

    private void prepare(SyncKind kind, KnownContents known) {
        lane.prepared(kind, List.of(known));
    }

    private void streamAnEmptyVolume() {
        connect(0);
        prepare(SyncKind.INITIAL, KnownContents.zero(32L * BLOCK));
        lane.begin(Contents.DELIVERED);
        lane.synchronous(DISK);
        assertEquals(Phase.STREAMING, lane.phase());
    }

    private static ByteBuffer filled(int length, int value) {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            bytes.put((byte) value);
        }
        return bytes.flip();
    }

    /** What the sender would send now, by kind; markers and writes by their record types. */
    private List<String> drain() throws CorruptBatchException {
        List<String> sent = new ArrayList<>();
        while (true) {
            LaneItem item = lane.withLog(log -> {
                log.seal();
                LaneItem next = log.nextUnsent();
                if (next != null) {
                    log.markSent();
                }
                return next == null ? new LaneItem.QueuedCheckpoint(noCheckpoint()) : next;
            });
            switch (item) {
                case LaneItem.QueuedBatch batch ->
                    Batch.parse(batch.encoded(1))
                            .records()
                            .forEach(record -> sent.add(
                                    record.type() == RecordType.WRITE
                                            ? "WRITE " + record.offset() + "+" + record.lengthBytes()
                                            : record.type().name()));
                case LaneItem.QueuedCheckpoint queued -> {
                    if (queued.checkpoint.tag().equals("none")) {
                        return sent;
                    }
                    sent.add("CHECKPOINT " + queued.checkpoint.id());
                }
            }
        }
    }

    private static CheckpointRecord noCheckpoint() {
        return new CheckpointRecord(
                new CheckpointId(1),
                0,
                Instant.EPOCH,
                CheckpointRecord.Kind.AUTOMATIC,
                "none",
                io.tidemark.journal.Pinning.UNPINNED);
    }

    private void tick(long id) {
        cut = new Cut(cut.tick() + 1, new CheckpointId(id), Instant.EPOCH, CheckpointRecord.Kind.AUTOMATIC, "");
    }

    @Test
    void nothingIsTakenBeforeTheLaneBegins() throws Exception {
        connect(0);
        lane.captured(DISK, 0, filled(512, 1));
        assertEquals(List.of(), drain());
    }

    @Test
    void writeAfterATickFallsBehindTheBarrierAndOneBeforeItInFront() throws Exception {
        streamAnEmptyVolume();
        lane.captured(DISK, 0, filled(512, 1));
        tick(5);
        lane.captured(DISK, 512, filled(512, 2));
        lane.cutNow();
        assertTrue(lane.confirm(new CheckpointId(5)));
        assertEquals(List.of("SYNC_BEGIN", "SYNC_END", "WRITE 0+512", "CHECKPOINT 5", "WRITE 512+512"), drain());
    }

    @Test
    void barrierAndWhatFollowsItWaitUntilItIsConfirmedOrDiscarded() throws Exception {
        streamAnEmptyVolume();
        lane.captured(DISK, 0, filled(512, 1));
        tick(5);
        lane.captured(DISK, 512, filled(512, 2));
        assertEquals(List.of("SYNC_BEGIN", "SYNC_END", "WRITE 0+512"), drain());
        lane.discardUnconfirmed();
        assertEquals(List.of("WRITE 512+512"), drain());
        assertFalse(lane.confirm(new CheckpointId(5)));
    }

    @Test
    void barrierThatWasNotConfirmedIsGoneWithTheCapture() throws Exception {
        streamAnEmptyVolume();
        lane.captured(DISK, 0, filled(512, 1));
        tick(5);
        lane.cutNow();
        lane.captureLost("the job failed");
        assertFalse(lane.confirm(new CheckpointId(5)));
        assertEquals(List.of("SYNC_BEGIN", "SYNC_END", "WRITE 0+512"), drain());
    }

    @Test
    void laneOfAStoppedVmRestsAndStillTakesCheckpoints() throws Exception {
        streamAnEmptyVolume();
        lane.captured(DISK, 0, filled(512, 1));
        lane.vmStopped("powered off");
        assertEquals(Phase.RESTING, lane.phase());
        assertTrue(lane.inContinuity());
        lane.captured(DISK, 512, filled(512, 2));
        tick(5);
        lane.cutNow();
        assertTrue(lane.confirm(new CheckpointId(5)));
        assertEquals(List.of("SYNC_BEGIN", "SYNC_END", "WRITE 0+512", "CHECKPOINT 5"), drain());
        lane.captureLost("it runs again");
        assertEquals(Phase.IDLE, lane.phase());
    }

    @Test
    void vmThatStopsDuringASyncLeavesItsLaneIdle() {
        connect(0);
        prepare(SyncKind.INITIAL, KnownContents.zero(32L * BLOCK));
        lane.begin(Contents.DELIVERED);
        lane.vmStopped("powered off");
        assertEquals(Phase.IDLE, lane.phase());
        assertFalse(lane.inContinuity());
    }

    @Test
    void noBarrierIsMadeDuringASync() throws Exception {
        connect(0);
        prepare(SyncKind.INITIAL, KnownContents.zero(32L * BLOCK));
        lane.begin(Contents.DELIVERED);
        tick(5);
        lane.captured(DISK, 0, filled(512, 1));
        lane.synchronous(DISK);
        lane.cutNow();
        assertEquals(List.of("SYNC_BEGIN", "WRITE 0+512", "SYNC_END"), drain());
    }

    @Test
    void readThatAWriteOvertookIsReadAgain() throws Exception {
        connect(0);
        prepare(SyncKind.DELTA, KnownContents.unknown(32L * BLOCK));
        lane.begin(Contents.READ);
        SyncRead first = lane.nextSyncRead(2 * BLOCK).orElseThrow();
        lane.captured(DISK, BLOCK, filled(512, 9));
        lane.syncRead(first, filled(2 * BLOCK, 1));
        // The stale bytes went nowhere; the captured write did, and the blocks come up again once the others are
        // through.
        assertEquals(List.of("SYNC_BEGIN", "WRITE " + BLOCK + "+512"), drain());
        List<Long> read = new ArrayList<>();
        for (var next = lane.nextSyncRead(2 * BLOCK); next.isPresent(); next = lane.nextSyncRead(2 * BLOCK)) {
            read.add(next.get().offset());
            lane.syncRead(next.get(), ByteBuffer.allocate(next.get().lengthBytes()));
        }
        assertTrue(read.contains(0L), "blocks read: " + read);
        lane.finishSyncIfClean();
        assertEquals(Phase.STREAMING, lane.phase());
    }

    @Test
    void readIsOvertakenEvenByAWriteThatTheRecoverySiteHolds() throws Exception {
        connect(0);
        prepare(SyncKind.INITIAL, KnownContents.zero(32L * BLOCK));
        lane.begin(Contents.READ);
        SyncRead first = lane.nextSyncRead(BLOCK).orElseThrow();
        lane.capturedZero(DISK, 0, BLOCK, ZeroCause.TRIM);
        lane.syncRead(first, filled(BLOCK, 1));
        assertEquals(List.of("SYNC_BEGIN"), drain());
    }

    @Test
    void readOfAnEarlierAttachmentIsDropped() throws Exception {
        connect(0);
        prepare(SyncKind.DELTA, KnownContents.unknown(32L * BLOCK));
        lane.begin(Contents.READ);
        SyncRead stale = lane.nextSyncRead(BLOCK).orElseThrow();
        lane.captureLost("test");
        assertEquals(List.of("SYNC_BEGIN"), drain());
        lane.acknowledged(1);
        prepare(SyncKind.DELTA, KnownContents.unknown(32L * BLOCK));
        lane.begin(Contents.READ);
        lane.syncRead(stale, filled(BLOCK, 1));
        assertEquals(List.of("SYNC_BEGIN"), drain());
    }

    @Test
    void onlyBlocksThatDifferAreShipped() throws Exception {
        KnownContents known = KnownContents.forDigests(32L * BLOCK);
        var sha256 = io.tidemark.replication.wire.BlockDigest.newSha256();
        ByteBuffer digests = ByteBuffer.allocate(32 * 16);
        for (int i = 0; i < 32; i++) {
            digests.put(io.tidemark.replication.wire.BlockDigest.of(sha256, filled(BLOCK, i == 7 ? 99 : 1)));
        }
        known.putDigests(0, digests.flip());
        connect(4);
        prepare(SyncKind.DELTA, known);
        lane.begin(Contents.READ);
        for (var next = lane.nextSyncRead(BLOCK); next.isPresent(); next = lane.nextSyncRead(BLOCK)) {
            lane.syncRead(next.get(), filled(next.get().lengthBytes(), 1));
        }
        lane.finishSyncIfClean();
        assertEquals(List.of("SYNC_BEGIN", "WRITE " + 7 * BLOCK + "+" + BLOCK, "SYNC_END"), drain());
    }

    @Test
    void fullMemoryMarksBlocksAndBreaksContinuityAtOnce() throws Exception {
        streamAnEmptyVolume();
        int written = 0;
        while (lane.phase() == Phase.STREAMING) {
            lane.captured(DISK, (long) (written % 32) * BLOCK, filled(BLOCK, written + 1));
            written++;
        }
        assertEquals(MEMORY / BLOCK + 1, written);
        assertFalse(lane.inContinuity());
        List<String> sent = drain();
        assertEquals("SYNC_BEGIN", sent.getLast());
        assertTrue(lane.nextSyncRead(BLOCK).isEmpty(), "no read before memory is half free");
        lane.acknowledged(lane.progress().capturedPosition());
        SyncRead dirty = lane.nextSyncRead(BLOCK).orElseThrow();
        assertEquals((long) ((written - 1) % 32) * BLOCK, dirty.offset());
        lane.syncRead(dirty, filled(BLOCK, 77));
        lane.finishSyncIfClean();
        assertEquals(List.of("WRITE " + dirty.offset() + "+" + BLOCK, "SYNC_END"), drain());
    }

    @Test
    void reconnectSendsAgainWhatIsNotDurable() throws Exception {
        streamAnEmptyVolume();
        drain();
        lane.acknowledged(2);
        lane.captured(DISK, 0, filled(512, 1));
        drain();
        lane.captured(DISK, 512, filled(512, 2));
        tick(9);
        lane.cutNow();
        assertTrue(lane.confirm(new CheckpointId(9)));
        drain();
        lane.connected(3);
        assertEquals(Phase.STREAMING, lane.phase());
        assertEquals(List.of("WRITE 512+512", "CHECKPOINT 9"), drain());
        lane.checkpointDurable(new CheckpointId(9));
        assertEquals(List.of(new CheckpointId(9)), durable);
        lane.acknowledged(4);
        lane.connected(4);
        assertEquals(List.of(), drain());
    }

    @Test
    void recoverySiteWithAnotherPositionIsComparedAnew() {
        streamAnEmptyVolume();
        lane.connected(77);
        assertEquals(Phase.IDLE, lane.phase());
        assertEquals(77, lane.progress().capturedPosition());
    }

    private static VolumeChanges changes(VolumeChanges.Basis basis, BlockExtent... extents) {
        return new VolumeChanges(basis, basis == VolumeChanges.Basis.TOKEN ? "" : "reset", List.of(extents));
    }

    /** Reads everything that is dirty, all of it filled with one value. */
    private void readAll(int value) {
        for (var read = lane.nextSyncRead(1 << 20); read.isPresent(); read = lane.nextSyncRead(1 << 20)) {
            lane.syncRead(read.get(), filled(read.get().lengthBytes(), value));
        }
        lane.finishSyncIfClean();
    }

    @Test
    void noBarrierGetsBetweenTwoFrozenStates() throws Exception {
        connect(0);
        prepare(SyncKind.INITIAL, KnownContents.zero(32L * BLOCK));
        assertTrue(lane.beginFrozen(List.of(changes(VolumeChanges.Basis.BLANK_VOLUME))));
        readAll(0);
        assertTrue(lane.inContinuity());
        assertEquals(List.of("SYNC_BEGIN", "SYNC_END"), drain());

        BlockExtent changed = new BlockExtent(BLOCK + 5, 10, BlockExtent.Content.DATA);
        BlockExtent beyondTheEnd = new BlockExtent(32L * BLOCK - 1, 100, BlockExtent.Content.DATA);
        assertTrue(lane.beginFrozen(List.of(changes(VolumeChanges.Basis.TOKEN, changed, beyondTheEnd))));
        assertFalse(lane.inContinuity());
        assertEquals(Phase.STREAMING, lane.status().phase(), "what people see does not flap");
        tick(4);
        lane.cutNow();
        readAll(7);
        tick(5);
        lane.cutNow();
        assertTrue(lane.confirm(new CheckpointId(5)));
        assertEquals(
                List.of(
                        "SYNC_BEGIN",
                        "WRITE " + BLOCK + "+" + BLOCK,
                        "WRITE " + 31 * BLOCK + "+" + BLOCK,
                        "SYNC_END",
                        "CHECKPOINT 5"),
                drain());
    }

    @Test
    void blocksThatAFreezeWasReleasedBeforeAreReadFromTheNextOne() throws Exception {
        connect(0);
        prepare(SyncKind.INITIAL, KnownContents.zero(32L * BLOCK));
        assertTrue(lane.beginFrozen(List.of(changes(VolumeChanges.Basis.BLANK_VOLUME))));
        SyncRead read = lane.nextSyncRead(BLOCK).orElseThrow();
        lane.syncReadFailed(read, "released");
        BlockExtent changed = new BlockExtent(0, 512, BlockExtent.Content.DATA);
        assertTrue(lane.beginFrozen(List.of(changes(VolumeChanges.Basis.TOKEN, changed))));
        int blocks = 0;
        for (var next = lane.nextSyncRead(BLOCK); next.isPresent(); next = lane.nextSyncRead(BLOCK)) {
            lane.syncRead(next.get(), filled(BLOCK, 0));
            blocks++;
        }
        assertEquals(32, blocks);
    }

    @Test
    void aResetOfTrackingLeadsBackToTheComparison() throws Exception {
        connect(0);
        prepare(SyncKind.INITIAL, KnownContents.zero(32L * BLOCK));
        lane.beginFrozen(List.of(changes(VolumeChanges.Basis.BLANK_VOLUME)));
        readAll(0);
        assertFalse(lane.beginFrozen(List.of(changes(VolumeChanges.Basis.BLANK_VOLUME))));
        assertEquals(Phase.IDLE, lane.phase());
        assertTrue(lane.status().detail().contains("reset"), lane.status().detail());
    }
}
