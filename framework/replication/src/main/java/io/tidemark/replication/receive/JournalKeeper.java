package io.tidemark.replication.receive;

import io.tidemark.journal.CheckpointRecord;
import io.tidemark.journal.Journal;
import io.tidemark.journal.JournalConfig;
import io.tidemark.journal.JournalRefusedException;
import io.tidemark.journal.VolumeView;
import io.tidemark.journal.batch.CorruptBatchException;
import io.tidemark.journal.file.StoreFiles;
import io.tidemark.replication.receive.KeeperQueue.Work;
import io.tidemark.replication.wire.BlockDigest;
import io.tidemark.replication.wire.LaneMessage;
import io.tidemark.replication.wire.LaneMessage.CheckpointDurable;
import io.tidemark.replication.wire.LaneMessage.Contents;
import io.tidemark.replication.wire.LaneMessage.DigestRequest;
import io.tidemark.replication.wire.LaneMessage.Digests;
import io.tidemark.replication.wire.LaneMessage.Refused;
import io.tidemark.replication.wire.LaneMessage.Welcome;
import io.tidemark.replication.wire.LaneMessageCodec;
import io.tidemark.spi.error.FailureKind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one writer of a VM's journal: a platform thread that takes what lanes sent, appends it, makes it durable as a group, and only then
 * acknowledges (J4, J10).
 *
 * <p>Each round drains the queue and appends every batch, while the disk makes the round before durable; then that one is acknowledged, with
 * the checkpoints that lie in it, and its own sync begins. With nothing queued it is waited for at once. Other work on the journal (pinning,
 * fencing) is queued to the same thread, and finds everything before it durable. When the store fails, the journal is closed and opened anew,
 * which verifies it (J9), before the next lane is welcomed.
 */
final class JournalKeeper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(JournalKeeper.class);

    private final Path folder;
    private final JournalConfig config;
    private final StoreFiles files;
    private final Thread thread;
    private final KeeperQueue queue;
    private final MessageDigest sha256 = BlockDigest.newSha256();

    private volatile Journal journal;
    private @Nullable InboundLane active;
    /** What was appended and is being made durable. */
    private @Nullable Group begun;

    JournalKeeper(Path folder, JournalConfig config, StoreFiles files) throws IOException {
        this.folder = folder;
        this.config = config;
        this.files = files;
        this.queue = new KeeperQueue(folder);
        this.journal = Journal.open(folder, config, files);
        this.thread = Thread.ofPlatform()
                .daemon()
                .name("journal-" + journal.spec().id().vm())
                .start(this::run);
    }

    /** What one round took from a lane, and owes it an answer for once it is durable. */
    private record Group(@Nullable InboundLane lane, List<CheckpointRecord> checkpoints, List<DigestRequest> requests) {
        static Group of(@Nullable InboundLane lane) {
            return new Group(lane, new ArrayList<>(), new ArrayList<>());
        }
    }

    /** Something to do on the keeper's thread. */
    interface JournalTask {
        void run(Journal journal) throws IOException;
    }

    /** The journal, to be read by any thread; writes are the keeper's alone. */
    Journal journal() {
        return journal;
    }

    /** Queues a frame; blocks the transport's thread while the queue is full, which slows the sender down. */
    void enqueue(InboundLane from, ByteBuffer frame) {
        queue.add(from, frame);
    }

    /** Runs a task on the keeper's thread, after everything queued before it, and waits for it. */
    void call(JournalTask task) throws IOException {
        queue.call(task);
    }

    /** Raises the journal's epoch and tells the connected lane that it is fenced (J7). */
    void fence(long epoch, Refused refusal) throws IOException {
        call(open -> {
            if (open.epoch() < epoch) {
                open.raiseEpoch(epoch);
            }
            InboundLane lane = active;
            active = null;
            if (lane != null) {
                lane.refuse(refusal);
            }
        });
    }

    /** Welcomes a lane; an older one of the same VM is closed. */
    void welcome(InboundLane lane) throws IOException {
        call(open -> {
            InboundLane previous = active;
            active = lane;
            if (previous != null) {
                previous.close();
            }
            open.sync();
            boolean empty = open.durablePosition() == 0;
            lane.send(
                    open.durablePosition(),
                    new Welcome(open.durablePosition(), empty ? Contents.EMPTY : Contents.PRESENT));
        });
    }

    private void run() {
        List<Work> round = new ArrayList<>();
        while (queue.take(round, begun == null)) {
            InboundLane lane = active;
            try {
                if (round.isEmpty()) {
                    finish();
                } else {
                    take(round, Group.of(lane));
                }
            } catch (IOException | RuntimeException e) {
                begun = null;
                failed(lane, e);
            }
            for (Work work : round) {
                if (work instanceof Work.Task task) {
                    runTask(task);
                }
            }
            queue.recycle(round);
        }
    }

    private void take(List<Work> round, Group group) throws IOException {
        for (Work work : round) {
            if (work instanceof Work.Frame(InboundLane from, ByteBuffer bytes) && from == group.lane) {
                take(bytes, group);
            }
        }
        finish();
        if (journal.appendedPosition() > journal.durablePosition()) {
            journal.startSync();
        }
        begun = group;
        if (!group.requests.isEmpty() || round.getLast() instanceof Work.Task) {
            finish();
        }
    }

    private void take(ByteBuffer frame, Group group) throws IOException {
        if (!LaneMessageCodec.isMessage(frame)) {
            journal.append(frame);
            return;
        }
        switch (LaneMessageCodec.decode(frame)) {
            case LaneMessage.Checkpoint(CheckpointRecord checkpoint) -> group.checkpoints.add(checkpoint);
            case DigestRequest request -> group.requests.add(request);
            case Welcome unexpected -> throw unexpected(unexpected);
            case CheckpointDurable unexpected -> throw unexpected(unexpected);
            case Digests unexpected -> throw unexpected(unexpected);
            case Refused unexpected -> throw unexpected(unexpected);
        }
    }

    private static IllegalArgumentException unexpected(LaneMessage message) {
        return new IllegalArgumentException(
                "a lane does not send " + message.getClass().getSimpleName());
    }

    /** Waits until what was begun is durable, and only then answers for it (J10). */
    private void finish() throws IOException {
        Group group = begun;
        if (group == null) {
            return;
        }
        begun = null;
        journal.finishSync();
        InboundLane lane = group.lane;
        if (lane == null) {
            return;
        }
        lane.acknowledge(journal.durablePosition());
        for (CheckpointRecord checkpoint : group.checkpoints) {
            if (journal.checkpoint(checkpoint.id()).isEmpty()) {
                add(checkpoint);
            }
            lane.send(journal.durablePosition(), new CheckpointDurable(checkpoint.id()));
        }
        for (DigestRequest request : group.requests) {
            lane.send(journal.durablePosition(), digests(request));
        }
    }

    private void add(CheckpointRecord checkpoint) throws IOException {
        try {
            journal.addCheckpoint(checkpoint);
        } catch (JournalRefusedException e) {
            if (e.reason() != JournalRefusedException.Reason.NOT_GROWING) {
                throw e;
            }
            // Sent again after a reconnect, and aged out meanwhile: it was durable once, so it is answered as such
            // (J8).
            LOG.atInfo()
                    .addKeyValue("journal", folder)
                    .log("Ignoring a checkpoint that has aged out: {}", e.getMessage());
        }
    }

    private Digests digests(DigestRequest request) throws IOException {
        var volumes = journal.spec().volumes();
        if (request.volumeIndex() < 0
                || request.volumeIndex() >= volumes.size()
                || request.count() < 1
                || request.count() > LaneMessage.MAX_DIGESTS
                || request.firstBlock() < 0) {
            throw new IllegalArgumentException("digest request out of range: " + request);
        }
        ByteBuffer block = ByteBuffer.allocate(LaneMessage.DIGEST_BLOCK_BYTES);
        ByteBuffer digests = ByteBuffer.allocate(request.count() * LaneMessage.DIGEST_BYTES);
        try (VolumeView view =
                journal.openLatest(volumes.get(request.volumeIndex()).id())) {
            for (int i = 0; i < request.count(); i++) {
                long offset = (request.firstBlock() + i) * LaneMessage.DIGEST_BLOCK_BYTES;
                if (offset >= view.sizeBytes()) {
                    throw new IllegalArgumentException("digest request beyond the volume: " + request);
                }
                block.clear().limit((int) Math.min(LaneMessage.DIGEST_BLOCK_BYTES, view.sizeBytes() - offset));
                view.read(offset, block);
                digests.put(BlockDigest.of(sha256, block.flip()));
            }
        }
        return new Digests(request.volumeIndex(), request.firstBlock(), digests.flip());
    }

    /** A lane's bytes or the store were bad: the lane is told and closed, the store is opened anew and thereby verified. */
    private void failed(@Nullable InboundLane lane, Exception cause) {
        LOG.atWarn()
                .addKeyValue("journal", folder)
                .setCause(cause)
                .log("A journal could not take what was sent; the lane is closed and will send it again");
        boolean senderAtFault = cause instanceof CorruptBatchException || cause instanceof IllegalArgumentException;
        boolean older = cause instanceof JournalRefusedException refused
                && refused.reason() == JournalRefusedException.Reason.OLD_EPOCH;
        if (lane != null) {
            lane.refuse(new Refused(
                    older ? FailureKind.CONFLICT : FailureKind.RETRY_LATER,
                    "The recovery site could not take the VM's writes",
                    String.valueOf(cause.getMessage()),
                    older
                            ? "The recovery site owns the VPG now; look at it there"
                            : "They are sent again; look at the recovery site's log if this goes on"));
            active = null;
        }
        if (!senderAtFault && !(cause instanceof JournalRefusedException)) {
            reopen();
        }
    }

    private void reopen() {
        try {
            journal.close();
        } catch (IOException e) {
            LOG.atWarn().addKeyValue("journal", folder).setCause(e).log("Closing a failed journal failed");
        }
        try {
            journal = Journal.open(folder, config, files);
        } catch (IOException e) {
            LOG.atError()
                    .addKeyValue("journal", folder)
                    .setCause(e)
                    .log(
                            "A journal cannot be opened again; it takes no writes until the cause is mended and Tidemark restarted");
        }
    }

    private void runTask(Work.Task task) {
        try {
            task.task().run(journal);
            task.done().complete(null);
        } catch (IOException | RuntimeException e) {
            task.done().completeExceptionally(e);
        }
    }

    @Override
    public void close() {
        queue.close();
        try {
            thread.join();
            InboundLane lane = active;
            if (lane != null) {
                lane.close();
            }
            journal.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            LOG.atWarn().addKeyValue("journal", folder).setCause(e).log("Closing a journal failed");
        }
    }
}
