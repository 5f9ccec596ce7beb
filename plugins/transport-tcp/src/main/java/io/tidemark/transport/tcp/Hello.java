package io.tidemark.transport.tcp;

import io.tidemark.spi.transport.StreamSpec;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Payload of the first frame: protocol magic and version, and what the channel is for. */
final class Hello {
    /** "TDMK". */
    static final int MAGIC = 0x54444D4B;

    static final short VERSION = 1;
    static final int MAX_CHARACTERS = 1024;
    private static final int MAX_ATTRIBUTES = 32;

    private Hello() {}

    static ByteBuffer encode(StreamSpec stream) {
        ByteBuffer buffer = ByteBuffer.allocate(FrameType.HELLO.maxPayloadBytes());
        buffer.putInt(MAGIC).putShort(VERSION);
        Text.put(buffer, bounded(stream.purpose()));
        buffer.putShort((short) stream.attributes().size());
        stream.attributes().forEach((name, value) -> {
            Text.put(buffer, bounded(name));
            Text.put(buffer, bounded(value));
        });
        return buffer.flip();
    }

    private static String bounded(String text) {
        if (text.length() > MAX_CHARACTERS) {
            throw new IllegalArgumentException("purpose, names and values of a stream have at most " + MAX_CHARACTERS
                    + " characters, got " + text.length());
        }
        return text;
    }

    /**
     * Reads the version alone, which every version of the protocol keeps at the same place.
     *
     * @throws MalformedFrameException when it is not this protocol at all
     */
    static int version(ByteBuffer payload) throws MalformedFrameException {
        if (payload.remaining() < 6 || payload.getInt(0) != MAGIC) {
            throw new MalformedFrameException("the first frame does not start with the protocol's magic number");
        }
        return Short.toUnsignedInt(payload.getShort(4));
    }

    static StreamSpec decode(ByteBuffer payload) throws MalformedFrameException {
        ByteBuffer in = payload.duplicate().position(6);
        try {
            String purpose = boundedRead(in);
            int count = Short.toUnsignedInt(in.getShort());
            if (count > MAX_ATTRIBUTES) {
                throw new MalformedFrameException(
                        "a stream has at most " + MAX_ATTRIBUTES + " attributes, got " + count);
            }
            Map<String, String> attributes = new LinkedHashMap<>();
            for (int i = 0; i < count; i++) {
                String name = boundedRead(in);
                attributes.put(name, boundedRead(in));
            }
            return new StreamSpec(purpose, attributes);
        } catch (BufferUnderflowException e) {
            MalformedFrameException malformed = new MalformedFrameException("the first frame ends in the middle");
            malformed.initCause(e);
            throw malformed;
        }
    }

    private static String boundedRead(ByteBuffer in) throws MalformedFrameException {
        String text = Text.get(in);
        if (text.length() > MAX_CHARACTERS) {
            throw new MalformedFrameException("a text of the first frame has " + text.length() + " characters");
        }
        return text;
    }

    /** Texts on the wire: length in bytes as 16 bits, then UTF-8. */
    static final class Text {
        private Text() {}

        static void put(ByteBuffer into, String text) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            into.putShort((short) bytes.length).put(bytes);
        }

        static String get(ByteBuffer from) {
            int lengthBytes = Short.toUnsignedInt(from.getShort());
            if (from.remaining() < lengthBytes) {
                throw new BufferUnderflowException();
            }
            byte[] bytes = new byte[lengthBytes];
            from.get(bytes);
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }
}
