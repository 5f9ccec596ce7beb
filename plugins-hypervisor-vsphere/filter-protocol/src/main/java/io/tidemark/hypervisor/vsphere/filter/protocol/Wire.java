package io.tidemark.hypervisor.vsphere.filter.protocol;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;

/** The parts that messages are made of. Reading checks everything; what is too short ends in a BufferUnderflowException. */
final class Wire {
    static final int NONCE_BYTES = 32;
    static final int MOST_TEXT_BYTES = 4096;

    private Wire() {}

    static byte[] textBytes(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length <= MOST_TEXT_BYTES) {
            return bytes;
        }
        int end = MOST_TEXT_BYTES;
        while ((bytes[end] & 0xc0) == 0x80) {
            end--; // not in the middle of a character
        }
        return Arrays.copyOf(bytes, end);
    }

    static void putText(ByteBuffer out, String text) {
        byte[] bytes = textBytes(text);
        out.putShort((short) bytes.length).put(bytes);
    }

    static String text(ByteBuffer in) throws MalformedFrameException {
        int lengthBytes = Short.toUnsignedInt(in.getShort());
        if (lengthBytes > MOST_TEXT_BYTES) {
            throw new MalformedFrameException("a text of " + lengthBytes + " bytes is too long");
        }
        byte[] bytes = new byte[lengthBytes];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    static void putUuid(ByteBuffer out, UUID uuid) {
        out.putLong(uuid.getMostSignificantBits()).putLong(uuid.getLeastSignificantBits());
    }

    static UUID uuid(ByteBuffer in) {
        return new UUID(in.getLong(), in.getLong());
    }

    /** A nonce or a proof. */
    static ByteBuffer thirtyTwo(ByteBuffer in) {
        byte[] bytes = new byte[NONCE_BYTES];
        in.get(bytes);
        return ByteBuffer.wrap(bytes).asReadOnlyBuffer();
    }

    static boolean flag(ByteBuffer in) throws MalformedFrameException {
        byte flag = in.get();
        if (flag != 0 && flag != 1) {
            throw new MalformedFrameException("a flag is 0 or 1, not " + flag);
        }
        return flag == 1;
    }

    static void putFlag(ByteBuffer out, boolean flag) {
        out.put((byte) (flag ? 1 : 0));
    }

    static <E extends Enum<E>> E choice(ByteBuffer in, E[] values) throws MalformedFrameException {
        int index = Byte.toUnsignedInt(in.get());
        if (index >= values.length) {
            throw new MalformedFrameException("choice " + index + " of " + values.length + " does not exist");
        }
        return values[index];
    }

    @SuppressWarnings("EnumOrdinal") // the order is the wire's; a test pins it
    static void putChoice(ByteBuffer out, Enum<?> choice) {
        out.put((byte) choice.ordinal());
    }

    /** @throws MalformedFrameException when the number is negative */
    static long size(ByteBuffer in) throws MalformedFrameException {
        long size = in.getLong();
        if (size < 0) {
            throw new MalformedFrameException("an offset, length or sequence is negative");
        }
        return size;
    }

    static int smallSize(ByteBuffer in) throws MalformedFrameException {
        int size = in.getInt();
        if (size < 0) {
            throw new MalformedFrameException("a length is negative");
        }
        return size;
    }
}
