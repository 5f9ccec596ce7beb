package io.tidemark.hypervisor.vsphere.filter.protocol;

import io.tidemark.hypervisor.vsphere.filter.protocol.Message.Complete.Upto;
import io.tidemark.spi.block.BlockExtent;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;

/** Makes frames of messages. Any thread. */
public final class MessageWriter {
    static final int HEADER_BYTES = 12;
    static final int CHECKED_BYTES = 8;
    static final int MAGIC = 0x544d4650; // "TMFP"

    private MessageWriter() {}

    /** The whole frame, ready to be sent any number of times. Takes a copy of the message's data. */
    public static byte[] frame(Message message) {
        return switch (message) {
            case Message.Write write -> write(write);
            case Message.Data data -> data(data);
            case Message.Disks disks -> disks(disks);
            case Message.ExtentList list -> extents(list);
            case Message.Complete complete -> complete(complete);
            case Message.Handed handed -> handed(handed);
            case Message.Request request -> request(request);
            case Message.Answer answer -> answer(answer);
            default -> session(message);
        };
    }

    private static byte[] write(Message.Write write) {
        ByteBuffer out = begin(FrameType.WRITE, 24 + write.data().remaining());
        out.putLong(write.attachment()).putLong(write.sequence()).putLong(write.offset());
        return end(out.put(write.data().duplicate()));
    }

    private static byte[] data(Message.Data data) {
        ByteBuffer out = begin(FrameType.DATA, 12 + data.data().remaining());
        return end(out.putInt(data.request())
                .putLong(data.sequence())
                .put(data.data().duplicate()));
    }

    private static byte[] disks(Message.Disks disks) {
        ByteBuffer out = begin(FrameType.DISKS, FrameType.DISKS.maxPayloadBytes);
        out.putInt(disks.request()).putInt(disks.disks().size());
        for (DiskInfo disk : disks.disks()) {
            Wire.putText(out, disk.id());
            Wire.putText(out, disk.vm());
            Wire.putText(out, disk.vmName());
            Wire.putText(out, disk.path());
            out.putLong(disk.sizeBytes());
            Wire.putFlag(out, disk.powered());
        }
        return end(out);
    }

    private static byte[] extents(Message.ExtentList list) {
        ByteBuffer out = begin(FrameType.EXTENT_LIST, 16 + 9 * list.extents().size());
        out.putInt(list.request()).putLong(list.offset()).putInt(list.extents().size());
        for (BlockExtent extent : list.extents()) {
            Wire.putChoice(out.putLong(extent.lengthBytes()), extent.content());
        }
        return end(out);
    }

    private static byte[] complete(Message.Complete complete) {
        ByteBuffer out = begin(FrameType.COMPLETE, 4 + 16 * complete.all().size());
        out.putInt(complete.all().size());
        for (Upto upto : complete.all()) {
            out.putLong(upto.attachment()).putLong(upto.sequence());
        }
        return end(out);
    }

    private static byte[] handed(Message.Handed handed) {
        FrameType type =
                switch (handed) {
                    case Message.Write write -> FrameType.WRITE;
                    case Message.Zero zero -> FrameType.ZERO;
                    case Message.Flush flush -> FrameType.FLUSH;
                    case Message.Event event -> FrameType.EVENT;
                };
        ByteBuffer out = begin(type, 64).putLong(handed.attachment()).putLong(handed.sequence());
        switch (handed) {
            case Message.Zero zero ->
                Wire.putChoice(out.putLong(zero.offset()).putLong(zero.lengthBytes()), zero.cause());
            case Message.Event event -> {
                Wire.putChoice(out, event.event().kind());
                out.putLong(event.event().value());
            }
            case Message.Flush flush -> {}
            case Message.Write write -> throw new IllegalStateException("has a frame of its own");
        }
        return end(out);
    }

    private static byte[] request(Message.Request request) {
        FrameType type =
                switch (request) {
                    case Message.ListDisks list -> FrameType.LIST_DISKS;
                    case Message.Attach attach -> FrameType.ATTACH;
                    case Message.Resume resume -> FrameType.RESUME;
                    case Message.Detach detach -> FrameType.DETACH;
                    case Message.Read read -> FrameType.READ;
                    case Message.Extents extents -> FrameType.EXTENTS;
                    case Message.Status status -> FrameType.STATUS;
                };
        ByteBuffer out = begin(type, FrameType.Limits.SMALL).putInt(request.request());
        switch (request) {
            case Message.ListDisks list -> {}
            case Message.Attach attach -> {
                Wire.putText(out, attach.disk());
                Wire.putChoice(out, attach.mode());
                out.putInt(attach.timeLimitMillis()).putInt(attach.windowBytes());
            }
            case Message.Resume resume ->
                out.putLong(resume.attachment()).putLong(resume.received()).putLong(resume.completed());
            case Message.Detach detach -> out.putLong(detach.attachment());
            case Message.Read read -> {
                Wire.putText(out, read.disk());
                out.putLong(read.offset()).putInt(read.lengthBytes());
            }
            case Message.Extents extents -> {
                Wire.putText(out, extents.disk());
                out.putLong(extents.offset()).putLong(extents.lengthBytes());
            }
            case Message.Status status -> out.putLong(status.attachment());
        }
        return end(out);
    }

    private static byte[] answer(Message.Answer answer) {
        return switch (answer) {
            case Message.Attached attached -> {
                ByteBuffer out = begin(FrameType.ATTACHED, 32).putInt(attached.request());
                out.putLong(attached.attachment()).putLong(attached.sizeBytes());
                Wire.putFlag(out, attached.powered());
                yield end(out.putInt(attached.powerOns()));
            }
            case Message.State state -> {
                ByteBuffer out = begin(FrameType.STATE, FrameType.Limits.SMALL).putInt(state.request());
                putState(out, state.state());
                yield end(out);
            }
            case Message.Detached detached -> end(begin(FrameType.DETACHED, 4).putInt(detached.request()));
            case Message.Failed failed -> {
                ByteBuffer out = begin(FrameType.FAILED, FrameType.Limits.SMALL).putInt(failed.request());
                Wire.putChoice(out, failed.kind());
                Wire.putText(out, failed.reason());
                yield end(out);
            }
            case Message.Disks disks -> disks(disks);
            case Message.Data data -> data(data);
            case Message.ExtentList list -> extents(list);
        };
    }

    private static byte[] session(Message message) {
        return switch (message) {
            case Message.Hello hello -> {
                ByteBuffer out = begin(FrameType.HELLO, FrameType.Limits.SMALL).putInt(MAGIC);
                Wire.putUuid(out.putShort((short) hello.version()), hello.client());
                Wire.putText(out.put(hello.nonce().duplicate()), hello.name());
                yield end(out);
            }
            case Message.Challenge challenge -> {
                ByteBuffer out =
                        begin(FrameType.CHALLENGE, FrameType.Limits.SMALL).putInt(MAGIC);
                Wire.putUuid(out.putShort((short) challenge.version()), challenge.host());
                yield end(out.put(challenge.nonce().duplicate())
                        .put(challenge.proof().duplicate()));
            }
            case Message.Proof proof ->
                end(begin(FrameType.PROOF, Wire.NONCE_BYTES).put(proof.proof().duplicate()));
            case Message.Welcome welcome -> end(begin(FrameType.WELCOME, 4).putInt(welcome.idleMillis()));
            case Message.Refuse refuse -> {
                ByteBuffer out = begin(FrameType.REFUSE, FrameType.Limits.SMALL);
                Wire.putText(out, refuse.reason());
                yield end(out);
            }
            case Message.Gap gap -> {
                ByteBuffer out = begin(FrameType.GAP, FrameType.Limits.SMALL);
                putState(out, gap.state());
                yield end(out);
            }
            case Message.Ping ping -> end(begin(FrameType.PING, 0));
            case Message.Bye bye -> end(begin(FrameType.BYE, 0));
            default -> throw new IllegalArgumentException("no frame for " + message);
        };
    }

    private static void putState(ByteBuffer out, AttachmentState state) {
        Wire.putFlag(out.putLong(state.attachment()), state.gap().isPresent());
        state.gap().ifPresent(cause -> Wire.putChoice(out, cause));
        out.putLong(state.issuedSequence()).putLong(state.completedSequence());
        Wire.putFlag(out, state.powered());
        Wire.putText(out.putInt(state.powerOns()), state.detail());
    }

    private static ByteBuffer begin(FrameType type, int mostPayloadBytes) {
        return ByteBuffer.allocate(HEADER_BYTES + mostPayloadBytes)
                .put(CHECKED_BYTES / 2, type.code)
                .position(HEADER_BYTES);
    }

    @SuppressWarnings("ByteBufferBackingArray") // made by begin, as a whole array
    private static byte[] end(ByteBuffer out) {
        int lengthBytes = out.position() - HEADER_BYTES;
        out.putInt(0, lengthBytes);
        out.flip();
        out.putInt(CHECKED_BYTES, checksum(out, out.slice(HEADER_BYTES, lengthBytes)));
        return out.limit() == out.array().length ? out.array() : Arrays.copyOf(out.array(), out.limit());
    }

    /** Over the first eight bytes of the header, and the payload. */
    static int checksum(ByteBuffer header, ByteBuffer payload) {
        CRC32C crc = new CRC32C();
        crc.update(header.slice(0, CHECKED_BYTES));
        crc.update(payload.duplicate());
        return (int) crc.getValue();
    }
}
