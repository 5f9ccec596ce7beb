package io.tidemark.spi.tracking;

import io.tidemark.spi.block.BlockExtent;
import java.util.List;

/**
 * What may differ between a frozen volume and an earlier state of it.
 *
 * @param basis what the extents are relative to
 * @param reason for people, when the whole volume has to be compared: why; else blank
 * @param extents in order, without overlaps. They may cover more than was changed, never less; with {@link Basis#BLANK_VOLUME} everything outside
 *     them reads as zeroes
 */
public record VolumeChanges(Basis basis, String reason, List<BlockExtent> extents) {
    public VolumeChanges {
        extents = List.copyOf(extents);
    }

    /** What the extents are relative to. */
    public enum Basis {
        /** The state that the token names: outside the extents nothing changed since. */
        TOKEN,
        /**
         * A volume of zeroes. There was no token, or the hypervisor cannot answer for it any more (tracking was reset, the disk was restored
         * or replaced). The replica has to be made equal as a whole: what is outside the extents, zeroed.
         */
        BLANK_VOLUME
    }
}
