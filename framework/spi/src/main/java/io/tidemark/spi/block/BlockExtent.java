package io.tidemark.spi.block;

/**
 * A run of bytes with one kind of content.
 *
 * @param offset bytes from the start of the volume, ≥ 0
 * @param lengthBytes &gt; 0
 */
public record BlockExtent(long offset, long lengthBytes, Content content) {
    public BlockExtent {
        if (offset < 0 || lengthBytes <= 0) {
            throw new IllegalArgumentException("bad extent " + offset + "+" + lengthBytes);
        }
    }

    public long endOffset() {
        return offset + lengthBytes;
    }

    /** What is known about the bytes without reading them. */
    public enum Content {
        DATA,
        ZERO
    }
}
