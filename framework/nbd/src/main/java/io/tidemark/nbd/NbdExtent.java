package io.tidemark.nbd;

/**
 * A run of bytes of one kind, as block status tells it.
 *
 * @param offset bytes from the start of the export, ≥ 0
 * @param lengthBytes &gt; 0
 */
public record NbdExtent(long offset, long lengthBytes, Content content) {
    public NbdExtent {
        if (offset < 0 || lengthBytes <= 0 || offset + lengthBytes < 0) {
            throw new IllegalArgumentException("bad extent " + offset + "+" + lengthBytes);
        }
    }

    /** The first offset after the extent. */
    public long endOffset() {
        return offset + lengthBytes;
    }

    /** Kinds of content; the flags are those of {@code base:allocation}. */
    public enum Content {
        /** Allocated; must be read to be known. */
        DATA(0),
        /** Not allocated, content unknown. */
        HOLE(NbdProtocol.STATE_HOLE),
        /** Allocated, reads as zeroes. */
        ZERO(NbdProtocol.STATE_ZERO),
        /** Not allocated, reads as zeroes. */
        ZERO_HOLE(NbdProtocol.STATE_HOLE | NbdProtocol.STATE_ZERO);

        private final int stateFlags;

        Content(int stateFlags) {
            this.stateFlags = stateFlags;
        }

        /** Whether the bytes are known to be zeroes. */
        public boolean readsAsZeroes() {
            return this == ZERO || this == ZERO_HOLE;
        }

        int stateFlags() {
            return stateFlags;
        }

        static Content ofStateFlags(int flags) {
            return switch (flags & (NbdProtocol.STATE_HOLE | NbdProtocol.STATE_ZERO)) {
                case NbdProtocol.STATE_HOLE -> HOLE;
                case NbdProtocol.STATE_ZERO -> ZERO;
                case NbdProtocol.STATE_HOLE | NbdProtocol.STATE_ZERO -> ZERO_HOLE;
                default -> DATA;
            };
        }
    }
}
