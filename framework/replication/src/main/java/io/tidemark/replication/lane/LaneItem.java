package io.tidemark.replication.lane;

import io.tidemark.journal.CheckpointRecord;
import io.tidemark.journal.batch.BatchBuilder;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** What waits in a lane to be sent, or to be acknowledged once sent. */
sealed interface LaneItem {
    /** Records of the order log, closed to further ones. Encoded by the sender, and kept encoded until acknowledged. */
    final class QueuedBatch implements LaneItem {
        final long firstPosition;
        final long endPosition;
        final long payloadBytes;
        private @Nullable BatchBuilder builder;
        private @Nullable ByteBuffer encoded;

        QueuedBatch(BatchBuilder builder, long firstPosition, long payloadBytes) {
            this.builder = builder;
            this.firstPosition = firstPosition;
            this.endPosition = firstPosition + builder.recordCount();
            this.payloadBytes = payloadBytes;
        }

        /** The bytes to send; compresses at the first call. Called by the sender alone. */
        ByteBuffer encoded(long epoch) {
            if (encoded == null && builder != null) {
                encoded = builder.build(firstPosition, epoch);
                builder = null;
            }
            if (encoded == null) {
                throw new IllegalStateException("a batch has a builder until it is encoded");
            }
            return encoded.duplicate();
        }
    }

    /**
     * A checkpoint; goes out after the batch that ends at its position, and not before every member's capture confirmed that it had missed
     * nothing when the barrier was cut (J6).
     */
    final class QueuedCheckpoint implements LaneItem {
        final CheckpointRecord checkpoint;
        boolean confirmed;

        QueuedCheckpoint(CheckpointRecord checkpoint) {
            this.checkpoint = checkpoint;
        }
    }
}
