package io.tidemark.transport.tcp;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** Layout of the 20 bytes before each payload, big-endian; drawn in docs/format/transport-tcp.md. */
final class FrameHeader {
    static final int BYTES = 20;
    static final int CHECKED_BYTES = 16;

    private FrameHeader() {}

    static void put(ByteBuffer into, FrameType type, long position, ByteBuffer payload) {
        int start = into.position();
        into.putInt(payload.remaining());
        into.put(type.code());
        into.put((byte) 0).put((byte) 0).put((byte) 0);
        into.putLong(position);
        into.putInt(checksum(into.slice(start, CHECKED_BYTES), payload));
    }

    static int checksum(ByteBuffer checkedHeader, ByteBuffer payload) {
        CRC32C crc = new CRC32C();
        crc.update(checkedHeader);
        crc.update(payload.duplicate());
        return (int) crc.getValue();
    }
}
