package io.tidemark.replication.wire;

import io.tidemark.journal.CheckpointRecord;
import io.tidemark.journal.Pinning;
import io.tidemark.replication.wire.LaneMessage.Checkpoint;
import io.tidemark.replication.wire.LaneMessage.CheckpointDurable;
import io.tidemark.replication.wire.LaneMessage.Contents;
import io.tidemark.replication.wire.LaneMessage.DigestRequest;
import io.tidemark.replication.wire.LaneMessage.Digests;
import io.tidemark.replication.wire.LaneMessage.Refused;
import io.tidemark.replication.wire.LaneMessage.Welcome;
import io.tidemark.spi.error.FailureKind;
import io.tidemark.spi.id.CheckpointId;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/**
 * Lane messages as bytes, little-endian:
 *
 * <pre>
 *   0  u32  magic "TDLM"          a frame that begins otherwise is a journal batch
 *   4  u8   version, 1
 *   5  u8   type
 *   6  …    fields of the type in the order of its record; a text is u16 length + UTF-8, a constant is the text of its name,
 *           a time is i64 milliseconds since 1970
 * </pre>
 *
 * <p>The transport checks integrity; this checks form: a message that does not parse throws {@link IllegalArgumentException}.
 */
public final class LaneMessageCodec {
    private static final int MAGIC = 0x4d4c4454;
    private static final byte VERSION = 1;
    private static final int HEADER_BYTES = 6;
    private static final int MAX_TEXT_BYTES = 4096;

    private LaneMessageCodec() {}

    /** Whether a frame holds a message, by its magic; otherwise it holds a batch. */
    public static boolean isMessage(ByteBuffer frame) {
        return frame.remaining() >= HEADER_BYTES
                && frame.duplicate().order(ByteOrder.LITTLE_ENDIAN).getInt() == MAGIC;
    }

    /** A fresh buffer, ready to be read. */
    public static ByteBuffer encode(LaneMessage message) {
        return switch (message) {
            case Welcome welcome -> {
                byte[] contents = text(welcome.contents().name());
                ByteBuffer out = start(1, 8 + 2 + contents.length).putLong(welcome.durablePosition());
                yield putText(out, contents).flip();
            }
            case Checkpoint(CheckpointRecord checkpoint) -> {
                byte[] tag = text(checkpoint.tag());
                byte[] kind = text(checkpoint.kind().name());
                ByteBuffer out = start(2, 8 + 8 + 8 + 2 + kind.length + 2 + tag.length)
                        .putLong(checkpoint.id().value())
                        .putLong(checkpoint.position())
                        .putLong(checkpoint.time().toEpochMilli());
                yield putText(putText(out, kind), tag).flip();
            }
            case CheckpointDurable(CheckpointId id) ->
                start(3, 8).putLong(id.value()).flip();
            case DigestRequest request ->
                start(4, 16)
                        .putInt(request.volumeIndex())
                        .putLong(request.firstBlock())
                        .putInt(request.count())
                        .flip();
            case Digests digests ->
                start(5, 12 + digests.digests().remaining())
                        .putInt(digests.volumeIndex())
                        .putLong(digests.firstBlock())
                        .put(digests.digests().duplicate())
                        .flip();
            case Refused refused -> {
                byte[] happened = text(refused.happened());
                byte[] why = text(refused.why());
                byte[] remedy = text(refused.remedy());
                byte[] kind = text(refused.kind().name());
                ByteBuffer out = start(6, 8 + kind.length + happened.length + why.length + remedy.length);
                yield putText(putText(putText(putText(out, kind), happened), why), remedy)
                        .flip();
            }
        };
    }

    /**
     * Parses a whole frame.
     *
     * @throws IllegalArgumentException when it is no message of this version
     */
    public static LaneMessage decode(ByteBuffer frame) {
        ByteBuffer in = frame.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        try {
            if (in.getInt() != MAGIC) {
                throw new IllegalArgumentException("not a lane message");
            }
            byte version = in.get();
            if (version != VERSION) {
                throw new IllegalArgumentException("lane message version " + version + ", this end speaks " + VERSION);
            }
            LaneMessage message = decodeBody(in.get(), in);
            if (in.hasRemaining()) {
                throw new IllegalArgumentException("lane message has " + in.remaining() + " bytes too many");
            }
            return message;
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("lane message is cut short", e);
        }
    }

    private static LaneMessage decodeBody(byte type, ByteBuffer in) {
        return switch (type) {
            case 1 -> new Welcome(in.getLong(), Contents.valueOf(getText(in)));
            case 2 ->
                new Checkpoint(new CheckpointRecord(
                        new CheckpointId(in.getLong()),
                        in.getLong(),
                        Instant.ofEpochMilli(in.getLong()),
                        CheckpointRecord.Kind.valueOf(getText(in)),
                        getText(in),
                        Pinning.UNPINNED));
            case 3 -> new CheckpointDurable(new CheckpointId(in.getLong()));
            case 4 -> new DigestRequest(in.getInt(), in.getLong(), in.getInt());
            case 5 -> {
                int volumeIndex = in.getInt();
                long firstBlock = in.getLong();
                ByteBuffer digests = ByteBuffer.allocate(in.remaining()).put(in).flip();
                if (digests.remaining() % LaneMessage.DIGEST_BYTES != 0) {
                    throw new IllegalArgumentException("digests end in the middle of one");
                }
                yield new Digests(volumeIndex, firstBlock, digests);
            }
            case 6 -> new Refused(FailureKind.valueOf(getText(in)), getText(in), getText(in), getText(in));
            default -> throw new IllegalArgumentException("unknown lane message type " + type);
        };
    }

    private static ByteBuffer start(int type, int bodyBytes) {
        return ByteBuffer.allocate(HEADER_BYTES + bodyBytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(MAGIC)
                .put(VERSION)
                .put((byte) type);
    }

    private static byte[] text(String value) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > MAX_TEXT_BYTES) {
            throw new IllegalArgumentException("text of " + bytes.length + " bytes, at most " + MAX_TEXT_BYTES);
        }
        return bytes;
    }

    private static ByteBuffer putText(ByteBuffer out, byte[] text) {
        return out.putShort((short) text.length).put(text);
    }

    private static String getText(ByteBuffer in) {
        int length = Short.toUnsignedInt(in.getShort());
        if (length > MAX_TEXT_BYTES) {
            throw new IllegalArgumentException("text of " + length + " bytes, at most " + MAX_TEXT_BYTES);
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
