package io.tidemark.hypervisor.vsphere.filter.protocol;

import io.tidemark.hypervisor.vsphere.filter.protocol.Message.Complete.Upto;
import io.tidemark.spi.block.BlockExtent;
import io.tidemark.spi.block.ZeroCause;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads messages and believes nothing: length, type, reserved bytes, checksum and every number are verified. One thread. */
final class MessageReader {
    private final InputStream in;
    private final ByteBuffer header = ByteBuffer.allocate(MessageWriter.HEADER_BYTES);

    /** Nothing long is taken from who has not proved itself. */
    private volatile boolean trusted;

    MessageReader(InputStream in) {
        this.in = in;
    }

    void trust() {
        trusted = true;
    }

    /**
     * Waits for a message.
     *
     * @throws EOFException when the peer's stream ends
     */
    Message next() throws IOException {
        fill(header.array(), MessageWriter.HEADER_BYTES);
        int lengthBytes = header.getInt(0);
        byte code = header.get(4);
        FrameType type = FrameType.of(code)
                .orElseThrow(() -> new MalformedFrameException("frames of type " + code + " do not exist"));
        int most = trusted ? type.maxPayloadBytes : Math.min(type.maxPayloadBytes, FrameType.Limits.SMALL);
        if (lengthBytes < 0 || lengthBytes > most) {
            throw new MalformedFrameException("a " + type + " frame of " + Integer.toUnsignedString(lengthBytes)
                    + " bytes is longer than " + most);
        }
        if (header.get(5) != 0 || header.get(6) != 0 || header.get(7) != 0) {
            throw new MalformedFrameException("reserved bytes of a " + type + " frame are not zero");
        }
        byte[] bytes = new byte[lengthBytes];
        fill(bytes, lengthBytes);
        ByteBuffer payload = ByteBuffer.wrap(bytes).asReadOnlyBuffer();
        if (MessageWriter.checksum(header, payload) != header.getInt(MessageWriter.CHECKED_BYTES)) {
            throw new MalformedFrameException("the checksum of a " + type + " frame does not match its bytes");
        }
        try {
            Message message = decode(type, payload);
            if (payload.hasRemaining()) {
                throw new MalformedFrameException(
                        "a " + type + " frame has " + payload.remaining() + " bytes too many");
            }
            return message;
        } catch (BufferUnderflowException | IllegalArgumentException wrong) {
            throw new MalformedFrameException("a " + type + " frame is not what it says", wrong);
        }
    }

    private static Message decode(FrameType type, ByteBuffer in) throws MalformedFrameException {
        return switch (type) {
            case HELLO -> {
                requireMagic(in);
                yield new Message.Hello(
                        Short.toUnsignedInt(in.getShort()), Wire.uuid(in), Wire.thirtyTwo(in), Wire.text(in));
            }
            case CHALLENGE -> {
                requireMagic(in);
                yield new Message.Challenge(
                        Short.toUnsignedInt(in.getShort()), Wire.uuid(in), Wire.thirtyTwo(in), Wire.thirtyTwo(in));
            }
            case PROOF -> new Message.Proof(Wire.thirtyTwo(in));
            case WELCOME -> new Message.Welcome(Wire.smallSize(in));
            case REFUSE -> new Message.Refuse(Wire.text(in));
            case PING -> new Message.Ping();
            case BYE -> new Message.Bye();
            case LIST_DISKS -> new Message.ListDisks(in.getInt());
            case ATTACH ->
                new Message.Attach(
                        in.getInt(),
                        Wire.text(in),
                        Wire.choice(in, AttachMode.values()),
                        Wire.smallSize(in),
                        Wire.smallSize(in));
            case RESUME -> new Message.Resume(in.getInt(), in.getLong(), Wire.size(in), Wire.size(in));
            case DETACH -> new Message.Detach(in.getInt(), in.getLong());
            case READ -> new Message.Read(in.getInt(), Wire.text(in), Wire.size(in), Wire.smallSize(in));
            case EXTENTS -> new Message.Extents(in.getInt(), Wire.text(in), Wire.size(in), Wire.size(in));
            case STATUS -> new Message.Status(in.getInt(), in.getLong());
            case DISKS -> disks(in);
            case ATTACHED ->
                new Message.Attached(in.getInt(), in.getLong(), Wire.size(in), Wire.flag(in), Wire.smallSize(in));
            case STATE -> new Message.State(in.getInt(), state(in));
            case DETACHED -> new Message.Detached(in.getInt());
            case DATA -> new Message.Data(in.getInt(), Wire.size(in), rest(in));
            case EXTENT_LIST -> extents(in);
            case FAILED ->
                new Message.Failed(in.getInt(), Wire.choice(in, Message.Failed.Kind.values()), Wire.text(in));
            case WRITE -> new Message.Write(in.getLong(), Wire.size(in), Wire.size(in), rest(in));
            case ZERO ->
                new Message.Zero(
                        in.getLong(), Wire.size(in), Wire.size(in), Wire.size(in), Wire.choice(in, ZeroCause.values()));
            case FLUSH -> new Message.Flush(in.getLong(), Wire.size(in));
            case EVENT ->
                new Message.Event(
                        in.getLong(),
                        Wire.size(in),
                        new DiskEvent(Wire.choice(in, DiskEvent.Kind.values()), Wire.size(in)));
            case GAP -> new Message.Gap(state(in));
            case COMPLETE -> complete(in);
        };
    }

    private static Message disks(ByteBuffer in) throws MalformedFrameException {
        int request = in.getInt();
        int count = Wire.smallSize(in);
        List<DiskInfo> disks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            disks.add(new DiskInfo(
                    Wire.text(in), Wire.text(in), Wire.text(in), Wire.text(in), Wire.size(in), Wire.flag(in)));
        }
        return new Message.Disks(request, List.copyOf(disks));
    }

    private static Message extents(ByteBuffer in) throws MalformedFrameException {
        int request = in.getInt();
        long offset = Wire.size(in);
        int count = Wire.smallSize(in);
        List<BlockExtent> extents = new ArrayList<>();
        long at = offset;
        for (int i = 0; i < count; i++) {
            BlockExtent extent = new BlockExtent(at, Wire.size(in), Wire.choice(in, BlockExtent.Content.values()));
            extents.add(extent);
            at = extent.endOffset();
        }
        return new Message.ExtentList(request, offset, List.copyOf(extents));
    }

    private static Message complete(ByteBuffer in) throws MalformedFrameException {
        int count = Wire.smallSize(in);
        List<Upto> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(new Upto(in.getLong(), Wire.size(in)));
        }
        return new Message.Complete(List.copyOf(all));
    }

    private static AttachmentState state(ByteBuffer in) throws MalformedFrameException {
        long attachment = in.getLong();
        Optional<GapCause> gap = Wire.flag(in) ? Optional.of(Wire.choice(in, GapCause.values())) : Optional.empty();
        return new AttachmentState(
                attachment, gap, Wire.size(in), Wire.size(in), Wire.flag(in), Wire.smallSize(in), Wire.text(in));
    }

    private static ByteBuffer rest(ByteBuffer in) {
        ByteBuffer rest = in.slice();
        in.position(in.limit());
        return rest;
    }

    private static void requireMagic(ByteBuffer in) throws MalformedFrameException {
        if (in.getInt() != MessageWriter.MAGIC) {
            throw new MalformedFrameException("the peer speaks another protocol");
        }
    }

    private void fill(byte[] into, int lengthBytes) throws IOException {
        if (in.readNBytes(into, 0, lengthBytes) < lengthBytes) {
            throw new EOFException("the peer's stream ended");
        }
    }
}
