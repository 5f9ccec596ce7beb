package io.tidemark.replication.lane;

import io.tidemark.journal.JournalVolume;
import io.tidemark.replication.SyncKind;
import io.tidemark.replication.lane.LaneStatus.Phase;
import io.tidemark.replication.wire.LaneMessage;
import io.tidemark.replication.wire.LaneMessage.Contents;
import io.tidemark.replication.wire.LaneMessage.DigestRequest;
import io.tidemark.replication.wire.LaneMessage.Digests;
import io.tidemark.replication.wire.LaneMessageCodec;
import io.tidemark.spi.transport.TransportChannel;
import io.tidemark.spi.transport.TransportChannel.Offer;
import java.util.ArrayList;
import java.util.List;

/**
 * Learns what the recovery site holds before a lane begins: once everything sent is durable there, asks for the digests of its newest
 * contents, one request at a time. Driven by the lane's sender; answers come on the transport's thread.
 */
final class Preparation {
    private final Lane lane;
    private final List<KnownContents> known = new ArrayList<>();
    private Contents contents = Contents.PRESENT;
    private int volumeIndex;
    private long nextBlock;
    private boolean asked;
    private boolean running;

    Preparation(Lane lane) {
        this.lane = lane;
    }

    synchronized void start(Contents held) {
        contents = held;
    }

    /** Does the next step if the lane is idle and drained. Never blocks. */
    void advance(TransportChannel channel) {
        if (lane.phase() != Phase.IDLE || !lane.withLog(OrderLog::isEmpty)) {
            synchronized (this) {
                // Whatever was learnt before the lane last began is out of date.
                running = false;
            }
            return;
        }
        DigestRequest request;
        synchronized (this) {
            if (!running) {
                restart();
            }
            if (asked) {
                return;
            }
            if (contents == Contents.EMPTY && lane.withLog(OrderLog::nextPosition) == 0) {
                finish(SyncKind.INITIAL);
                return;
            }
            if (volumeIndex == known.size()) {
                finish(SyncKind.DELTA);
                return;
            }
            long blocks = KnownContents.blockCount(volume().sizeBytes());
            request = new DigestRequest(
                    volumeIndex, nextBlock, (int) Math.min(LaneMessage.MAX_DIGESTS, blocks - nextBlock));
            asked = true;
        }
        if (channel.offer(lane.withLog(OrderLog::nextPosition), LaneMessageCodec.encode(request)) != Offer.ACCEPTED) {
            synchronized (this) {
                asked = false;
            }
        }
    }

    synchronized void answer(Digests digests) {
        if (!running || digests.volumeIndex() != volumeIndex || digests.firstBlock() != nextBlock) {
            return;
        }
        int count = digests.digests().remaining() / LaneMessage.DIGEST_BYTES;
        known.get(volumeIndex).putDigests(nextBlock, digests.digests());
        nextBlock += count;
        asked = false;
        if (nextBlock >= KnownContents.blockCount(volume().sizeBytes())) {
            volumeIndex++;
            nextBlock = 0;
        }
    }

    private void restart() {
        running = true;
        asked = false;
        volumeIndex = 0;
        nextBlock = 0;
        known.clear();
        boolean empty = contents == Contents.EMPTY;
        for (JournalVolume volume : lane.spec().volumes()) {
            known.add(empty ? KnownContents.zero(volume.sizeBytes()) : KnownContents.forDigests(volume.sizeBytes()));
        }
    }

    private void finish(SyncKind kind) {
        running = false;
        // From now on the recovery site holds something, or will.
        contents = Contents.PRESENT;
        lane.prepared(kind, List.copyOf(known));
    }

    private JournalVolume volume() {
        return lane.spec().volumes().get(volumeIndex);
    }
}
