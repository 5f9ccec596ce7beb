package io.tidemark.control;

import java.util.List;
import java.util.Optional;

/**
 * One page of a longer list.
 *
 * @param nextCursor opaque; give it back to get the next page; empty on the last page
 */
public record Page<T>(List<T> items, Optional<String> nextCursor) {
    public Page {
        items = List.copyOf(items);
    }
}
