package io.tidemark.replication.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.journal.CheckpointRecord;
import io.tidemark.journal.Pinning;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.id.CheckpointId;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LaneMessageCodecTest {
    private static final List<LaneMessage> ALL = List.of(
            new LaneMessage.Welcome(42, LaneMessage.Contents.PRESENT),
            new LaneMessage.Checkpoint(new CheckpointRecord(
                    new CheckpointId(7),
                    99,
                    Instant.ofEpochMilli(1_790_000_000_123L),
                    CheckpointRecord.Kind.TAGGED,
                    "vor dem Update ✓",
                    Pinning.UNPINNED)),
            new LaneMessage.CheckpointDurable(new CheckpointId(7)),
            new LaneMessage.DigestRequest(1, 4096, 17),
            new LaneMessage.Digests(1, 4096, ByteBuffer.wrap(new byte[32])),
            new LaneMessage.Refused(FailureKind.CONFLICT, "what", "why", "remedy"));

    @Test
    void everyMessageComesBackAsItWas() {
        for (LaneMessage message : ALL) {
            ByteBuffer frame = LaneMessageCodec.encode(message);
            assertTrue(LaneMessageCodec.isMessage(frame));
            assertEquals(message, LaneMessageCodec.decode(frame));
        }
    }

    @Test
    void damagedMessagesAreRefusedNotMisread() {
        long seed = Long.getLong("tidemark.seed", System.nanoTime());
        Random random = new Random(seed);
        for (LaneMessage message : ALL) {
            byte[] bytes = LaneMessageCodec.encode(message).array();
            for (int length = 0; length < bytes.length; length++) {
                ByteBuffer cut = ByteBuffer.wrap(bytes, 0, length).slice();
                boolean wholeDigests =
                        message instanceof LaneMessage.Digests && length >= 18 && (length - 18) % 16 == 0;
                if (!wholeDigests) {
                    assertThrows(
                            IllegalArgumentException.class,
                            () -> LaneMessageCodec.decode(cut),
                            message + " cut to " + cut);
                }
            }
            for (int i = 0; i < 200; i++) {
                byte[] noise = bytes.clone();
                noise[random.nextInt(noise.length)] ^= (byte) (1 + random.nextInt(255));
                assertReadsOrRefuses(noise);
            }
        }
        assertFalse(LaneMessageCodec.isMessage(ByteBuffer.wrap(new byte[64])), "seed " + seed);
    }

    private static void assertReadsOrRefuses(byte[] noise) {
        try {
            LaneMessageCodec.encode(LaneMessageCodec.decode(ByteBuffer.wrap(noise)));
        } catch (IllegalArgumentException refused) {
            assertFalse(String.valueOf(refused.getMessage()).isBlank());
        }
    }
}
