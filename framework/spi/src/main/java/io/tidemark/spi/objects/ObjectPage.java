package io.tidemark.spi.objects;

import java.util.List;
import java.util.Optional;

/**
 * One page of a listing.
 *
 * @param objects in the order of their keys' UTF-8 bytes
 * @param next the key to list after for the following page; empty at the end
 */
public record ObjectPage(List<ObjectInfo> objects, Optional<String> next) {
    public ObjectPage {
        objects = List.copyOf(objects);
    }
}
