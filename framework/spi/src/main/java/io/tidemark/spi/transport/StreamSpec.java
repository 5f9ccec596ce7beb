package io.tidemark.spi.transport;

import java.util.Map;

/**
 * What a channel is for, told to the peer before the first frame.
 *
 * @param purpose known to both hosts, for example {@code journal} or {@code control}
 * @param attributes at most 32, each name and value at most 1,024 characters
 */
public record StreamSpec(String purpose, Map<String, String> attributes) {
    public StreamSpec {
        attributes = Map.copyOf(attributes);
        if (attributes.size() > 32) {
            throw new IllegalArgumentException("at most 32 attributes, got " + attributes.size());
        }
    }
}
