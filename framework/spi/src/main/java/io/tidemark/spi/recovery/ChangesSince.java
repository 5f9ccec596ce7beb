package io.tidemark.spi.recovery;

import io.tidemark.spi.block.BlockExtent;
import java.util.List;
import java.util.Optional;

/**
 * How wanted contents differ from contents that the target has. The base may be older or newer than what is wanted.
 *
 * @param base of the same volume
 * @param extents bytes outside of them are equal in both, as far as both have them; their kind of content is not looked at. Empty when
 *     unknown: the target compares
 */
public record ChangesSince(StagedPoint base, Optional<List<BlockExtent>> extents) {
    public ChangesSince {
        extents = extents.map(List::copyOf);
    }
}
