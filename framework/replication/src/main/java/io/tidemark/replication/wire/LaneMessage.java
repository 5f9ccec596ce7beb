package io.tidemark.replication.wire;

import io.tidemark.journal.CheckpointRecord;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.id.CheckpointId;
import java.nio.ByteBuffer;

/** What travels on a journal channel besides batches; drawn in {@link LaneMessageCodec}. */
public sealed interface LaneMessage {
    /** Length of the blocks that digests speak of, in bytes. */
    int DIGEST_BLOCK_BYTES = 64 << 10;

    /** Length of one digest: the first half of a SHA-256, in bytes. */
    int DIGEST_BYTES = 16;

    /** Digests asked for and answered at a time, at most. */
    int MAX_DIGESTS = 4096;

    /**
     * The keeper's first words: where to go on.
     *
     * @param durablePosition everything before it is durable in the journal, nothing after it is there
     */
    record Welcome(long durablePosition, Contents contents) implements LaneMessage {}

    /** Whether a journal holds anything yet. */
    enum Contents {
        /** All volumes read as zeroes. */
        EMPTY,
        PRESENT
    }

    /** The lane made a checkpoint; comes after every batch before its position. */
    record Checkpoint(CheckpointRecord checkpoint) implements LaneMessage {}

    /** The keeper has the checkpoint durable. */
    record CheckpointDurable(CheckpointId id) implements LaneMessage {}

    /** The lane asks what the keeper holds. */
    record DigestRequest(int volumeIndex, long firstBlock, int count) implements LaneMessage {}

    /**
     * Digests of the newest contents.
     *
     * @param digests count × {@link #DIGEST_BYTES}; the last block of a volume may be short and is digested as it is
     */
    record Digests(int volumeIndex, long firstBlock, ByteBuffer digests) implements LaneMessage {}

    /** The keeper refuses to go on and closes the channel after this. */
    record Refused(FailureKind kind, String happened, String why, String remedy) implements LaneMessage {}
}
