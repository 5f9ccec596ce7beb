package io.tidemark.guest;

import java.nio.ByteBuffer;

/** Zeroes to write and to compare with. */
final class Zeroes {
    static final int PIECE_BYTES = 65536;

    private static final ByteBuffer PIECE =
            ByteBuffer.allocateDirect(PIECE_BYTES).asReadOnlyBuffer();

    private Zeroes() {}

    /** @param lengthBytes at most {@link #PIECE_BYTES} */
    static ByteBuffer piece(long lengthBytes) {
        return PIECE.slice(0, Math.toIntExact(lengthBytes));
    }

    /** Whether all bytes that remain, at most {@link #PIECE_BYTES}, are zero. */
    static boolean only(ByteBuffer bytes) {
        return bytes.mismatch(piece(bytes.remaining())) < 0;
    }
}
