package io.tidemark.spi.block;

/** Why a range turned to zeroes. */
public enum ZeroCause {
    /** The guest asked for zeroes. */
    WRITE_ZEROES,
    /** The guest discarded the range; space may be given back. Reads return zeroes afterwards. */
    TRIM
}
