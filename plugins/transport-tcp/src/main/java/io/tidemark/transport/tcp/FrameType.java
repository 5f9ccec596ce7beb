package io.tidemark.transport.tcp;

import io.tidemark.spi.transport.TransportChannel;
import java.util.Optional;

/** Kinds of frames on the wire; see docs/format/transport-tcp.md. */
enum FrameType {
    HELLO(1, 512 << 10),
    WELCOME(2, 0),
    REFUSE(3, 64 << 10),
    DATA(4, TransportChannel.MAX_FRAME_BYTES),
    ACK(5, 0),
    PING(6, 0),
    BYE(7, 0);

    private final byte code;
    private final int maxPayloadBytes;

    FrameType(int code, int maxPayloadBytes) {
        this.code = (byte) code;
        this.maxPayloadBytes = maxPayloadBytes;
    }

    byte code() {
        return code;
    }

    int maxPayloadBytes() {
        return maxPayloadBytes;
    }

    static Optional<FrameType> of(byte code) {
        for (FrameType type : values()) {
            if (type.code == code) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }
}
